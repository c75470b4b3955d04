{#-
Half-open intervals of one key follow each other: none overlaps the next, none is empty,
and with `allow_gaps: false` each starts where the one before it ended.
-#}
{% test no_overlap(model, key, starts, ends, allow_gaps=true) -%}
    with followed as (
        select
            {{ key | join(', ') }},
            {{ starts }} as started,
            {{ ends }} as ended,
            lead({{ starts }}) over (
                partition by {{ key | join(', ') }}
                order by {{ starts }}
            ) as next_started
        from {{ model }}
    )

    select *
    from followed
    where
        ended <= started
        or (ended is null and next_started is not null)
        or ended > next_started
        {%- if not allow_gaps %}
        or ended < next_started
        {%- endif %}
{%- endtest %}
