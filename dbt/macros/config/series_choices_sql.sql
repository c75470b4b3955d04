{#-
What has a say on each of some series, and when: whether anybody has chosen, its exchange, its
own row, and each pattern that matches it.
-#}
{% macro series_choices_sql(series, choices) -%}
    with

    -- while config.exchanges has no row, nobody has chosen
    standing_counts as (

        select
            ends.changed_at,
            sum(sum(ends.difference)) over (order by ends.changed_at) as exchanges_count
        from {{ choices }} as choices
        cross join
            lateral (
                values (choices.valid_from, 1), (choices.valid_to, -1)
            ) as ends (changed_at, difference)
        where
            choices.pattern is null
            and ends.changed_at is not null
        group by ends.changed_at

    ),

    somebodys as (

        select
            changed_at as valid_from,
            lead(changed_at) over (order by changed_at) as valid_to,
            exchanges_count > 0 as is_wanted
        from standing_counts

    )

    select
        series.exchange_id,
        series.symbol,
        'anybody' as speaker,
        null as pattern,
        somebodys.valid_from,
        somebodys.valid_to,
        somebodys.is_wanted,
        null::timestamptz as since_at,
        false as is_of_market_type
    from {{ series }} as series
    cross join somebodys
    union all
    select
        series.exchange_id,
        series.symbol,
        case
            when choices.pattern is null then 'exchange'
            when choices.pattern = series.symbol then 'instrument'
            else 'pattern'
        end as speaker,
        choices.pattern,
        choices.valid_from,
        choices.valid_to,
        choices.is_wanted,
        choices.since_at,
        config.market_type_of(series.symbol) = any(choices.market_types) as is_of_market_type
    from {{ series }} as series
    inner join {{ choices }} as choices
        on
            series.exchange_id = choices.exchange_id
            and (
                choices.pattern is null
                or series.symbol = choices.pattern
                or (
                    strpos(choices.pattern, '*') > 0
                    and config.is_meant(series.symbol, choices.pattern)
                )
            )
{%- endmacro %}
