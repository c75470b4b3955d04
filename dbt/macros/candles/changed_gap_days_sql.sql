{#-
The series' days whose gaps to compute again: where an hour's account, what was not asked
for in it, or a minute's trades changed, where trades were answered for after the last
traded minute, where a hole stands as `not listed` although a candle from before its end has
arrived since, and all that have a hole of a series whose life was told otherwise.
-#}
{% macro changed_gap_days_sql(
    hours, unasked_hours, traded_minutes, answered_hours, candles, lives
) -%}
    with

    changed_days as (

        {{ touched_units(batches={
            hours: 'hour_at',
            unasked_hours: 'hour_at',
            traded_minutes: 'opened_at',
        }) }}
        union
        select
            answered.exchange_id,
            answered.symbol,
            (unnest(array[answered.hour_at, earlier.opened_at]) at time zone 'UTC')::date
        from {{ answered_hours }} as answered
        cross join
            lateral (
                select max(traded.opened_at) as opened_at
                from {{ traded_minutes }} as traded
                where
                    traded.exchange_id = answered.exchange_id
                    and traded.symbol = answered.symbol
                    and traded.opened_at < answered.hour_at
            ) as earlier
        where
            answered.changed_in = any({{ claimed_batches() }})
            and earlier.opened_at is not null

    ),

    first_candles as (

        select
            series.exchange_id,
            series.symbol,
            firsts.first_candle_at
        from (select distinct exchange_id, symbol from changed_days) as series
        cross join lateral (
            select min(opened_at) as first_candle_at
            from {{ candles }} as candles
            where
                candles.exchange_id = series.exchange_id
                and candles.symbol = series.symbol
        ) as firsts

    )

    select * from changed_days
    union
    select
        stored.exchange_id,
        stored.symbol,
        stored.started_date
    from {{ this }} as stored
    inner join first_candles
        on
            stored.exchange_id = first_candles.exchange_id
            and stored.symbol = first_candles.symbol
            and stored.ended_at > first_candles.first_candle_at
    where stored.cause = 'not listed'
    union
    select
        stored.exchange_id,
        stored.symbol,
        stored.started_date
    from {{ this }} as stored
    inner join {{ lives }} as changed
        on
            stored.exchange_id = changed.exchange_id
            and stored.symbol = changed.symbol
    where
        stored.timeframe = '1m'
        and changed.changed_in = any({{ claimed_batches() }})
{%- endmacro %}
