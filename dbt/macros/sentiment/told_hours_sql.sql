{#- The hours of sources that a run's claims tell of: by texts, by scores, or by an answer. -#}
{% macro told_hours_sql(text_items, text_scores, answers) -%}
    {{ changed_text_hours_sql(text_items, text_scores) }}
    union
    select
        source,
        {{ bucket_start(60, 'received_at') }} as hour_at
    from {{ answers }}
    where
        load_id = any({{ claimed_loads() }})
        and outcome in ('read', 'unchanged')
        and not is_of_archive
{%- endmacro %}
