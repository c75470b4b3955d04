{#-
The hours of items of which a run's claims tell something: the item as it was read, its
text's scores, and what `others` say of items, such as flags. An item whose time was
changed is of the hours of all its readings.
-#}
{% macro changed_text_hours_sql(text_items, text_scores, others=[]) -%}
    with

    changed as (

        select
            source,
            item_id
        from {{ text_items }}
        where load_id = any({{ claimed_loads() }})
        union
        select
            holding.source,
            holding.item_id
        from {{ text_scores }} as scores
        inner join {{ text_items }} as holding on scores.text_hash = holding.text_hash
        where scores.load_id = any({{ claimed_loads() }})
        {%- for relation in others %}
        union
        select
            source,
            item_id
        from {{ relation }}
        where load_id = any({{ claimed_loads() }})
        {%- endfor %}

    )

    select distinct
        readings.source,
        {{ bucket_start(60, 'readings.created_at') }} as hour_at
    from changed
    inner join {{ text_items }} as readings
        on
            changed.source = readings.source
            and changed.item_id = readings.item_id
    where readings.created_at is not null
{%- endmacro %}
