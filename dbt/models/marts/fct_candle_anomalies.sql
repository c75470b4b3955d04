{%- set hour = ['exchange_id', 'symbol', 'hour_at'] -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'opened_at', 'anomaly'],
    pre_hook="{{ remember_scope(hours_of_all_venues_sql(
        candles=ref('int_candles_chosen'),
        prices=ref('fct_prices'),
        features=ref('fct_market_features'),
    )) }}",
    meta={'unit_of_work': hour, 'loses_rows': true, 'lookups': ['anomaly_rules']},
    indexes=[{'columns': ['changed_in']}],
) }}

with

candles as (

    select * from {{ rows_of(ref('int_candles_chosen'), hour, at='opened_at') }}

),

features as (

    select *
    from {{ rows_of(ref('fct_market_features'), hour, at='opened_at', timeframe='1m') }} as found
    where timeframe = '1m'

),

rules as (

    select
        max(threshold) filter (where anomaly = 'jump') as jump_deviations,
        max(threshold) filter (where anomaly = 'volume without a move') as volume_times
    from {{ ref('anomaly_rules') }}

),

minutes as (

    select
        candles.exchange_id,
        candles.symbol,
        candles.opened_at,
        candles.close,
        candles.high = candles.low as is_of_one_price,
        candles.base_volume / nullif(features.volume_sma_20, 0) as volume_times,
        features.log_return,
        features.volatility_60,
        abs(features.log_return) / nullif(features.volatility_60, 0) as deviations
    from candles
    left join features
        on
            candles.exchange_id = features.exchange_id
            and candles.symbol = features.symbol
            and candles.opened_at = features.opened_at
    where candles.evidence_grade <> 'provisional'

),

moves as (

    select minutes.*
    from minutes
    cross join rules
    where minutes.deviations > rules.jump_deviations

),

-- how far a move is from what the other venues did in its minute, in their deviations
moves_compared as (

    select
        moves.exchange_id,
        moves.symbol,
        moves.opened_at,
        moves.deviations,
        abs(
            moves.log_return
            - percentile_cont(0.5) within group (order by beside.log_return)
        )
        / nullif(percentile_cont(0.5) within group (order by beside.volatility_60), 0)
            as deviations_of_others
    from moves
    left join minutes as beside
        on
            moves.symbol = beside.symbol
            and moves.opened_at = beside.opened_at
            and moves.exchange_id <> beside.exchange_id
    group by
        moves.exchange_id,
        moves.symbol,
        moves.opened_at,
        moves.deviations,
        moves.log_return

),

found as (

    select
        moves_compared.exchange_id,
        moves_compared.symbol,
        moves_compared.opened_at,
        'jump' as anomaly,
        least(moves_compared.deviations, moves_compared.deviations_of_others) as measure,
        rules.jump_deviations as threshold
    from moves_compared
    cross join rules
    where coalesce(moves_compared.deviations_of_others, 'infinity') > rules.jump_deviations
    union all
    select
        minutes.exchange_id,
        minutes.symbol,
        minutes.opened_at,
        'volume without a move' as anomaly,
        minutes.volume_times as measure,
        rules.volume_times as threshold
    from minutes
    cross join rules
    where
        minutes.is_of_one_price
        and minutes.volume_times > rules.volume_times
    union all
    select
        minutes.exchange_id,
        minutes.symbol,
        minutes.opened_at,
        'frozen' as anomaly,
        venues.distance_bps as measure,
        null as threshold
    from minutes
    inner join {{ ref('fct_prices') }} as prices
        on
            split_part(minutes.symbol, '/', 1) = prices.asset
            and split_part(minutes.symbol, '/', 2) = prices.quote
            and minutes.opened_at = prices.minute_at
            and prices.excluded @> '[{"reason": "frozen"}]'
    cross join
        lateral jsonb_to_recordset(prices.excluded)
            as venues (exchange_id text, reason text, distance_bps double precision)
    where
        venues.exchange_id = minutes.exchange_id
        and venues.reason = 'frozen'

),

anomalies as (

    select
        exchange_id,
        symbol,
        opened_at,
        anomaly,
        measure,
        threshold,
        {{ bucket_start(60, 'opened_at') }} as hour_at,
        {{ own_batch() }} as changed_in
    from found

)

select * from anomalies
