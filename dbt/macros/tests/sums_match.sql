{#-
Columns of a bucket are the sum of its parts', exactly: `whole` and `part` are two
timeframes of one model, the bucket's start is computed from the part's. A sum that is
beyond a column's type is no figure of its bucket.
-#}
{% test sums_match(model, columns, part, whole, minutes_count=none) -%}
    with parts as (
        select
            exchange_id,
            symbol,
            {{ bucket_start(minutes_count, 'opened_at') }} as opened_at
            {%- for column in columns %},
            {{ sum_unless_missing(column) }} as {{ column }}
            {%- endfor %}
        from {{ model }}
        where timeframe = '{{ part }}'
        group by
            exchange_id,
            symbol,
            {{ bucket_start(minutes_count, 'opened_at') }}
    ),

    wholes as (
        select *
        from {{ model }}
        where timeframe = '{{ whole }}'
    )

    select *
    from parts
    full join wholes
        on
            parts.exchange_id = wholes.exchange_id
            and parts.symbol = wholes.symbol
            and parts.opened_at = wholes.opened_at
    where
        parts.symbol is null
        or wholes.symbol is null
        {%- for column in columns %}
        or (
            parts.{{ column }} is distinct from wholes.{{ column }}
            and not (wholes.{{ column }} is null and parts.{{ column }} >= 9e18)
        )
        {%- endfor %}
{%- endtest %}
