{#-
The hours of items of which a run's claims tell something: the item as it was read, its
text's scores, its flags, what it was engaged with. An item whose time was changed is of
the hours of all its readings.
-#}
{% macro changed_text_hours_sql(text_items, text_scores, item_flags, items) -%}
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
        union
        select
            source,
            item_id
        from {{ item_flags }}
        where load_id = any({{ claimed_loads() }})
        union
        select
            source,
            item_id
        from {{ items }}
        where load_id = any({{ claimed_loads() }})

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
