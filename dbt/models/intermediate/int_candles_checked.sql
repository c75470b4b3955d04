{{ config(materialized='view') }}

with

anomalies as (

    select
        exchange_id,
        symbol,
        hour_at,
        count(*) as anomalies_count
    from {{ ref('fct_candle_anomalies') }}
    group by
        exchange_id,
        symbol,
        hour_at

),

candles as (

    select
        hours.*,
        hours.exchange_id as scope,
        hours.symbol as subject,
        'candles' as feed,
        greatest(hours.held_count - hours.proven_count - hours.failed_count, 0)
            as unproven_count,
        0 as undetermined_count,
        hours.differing_count as disagreements_count,
        {{ share_without('hours.compared_count', 'hours.differing_count') }}
            as accuracy_ratio,
        {{ share_without('hours.held_count', 'hours.broken_count') }} as consistency_ratio,
        coalesce(anomalies.anomalies_count, 0) as anomalies_count
    from {{ ref('rpt_candle_quality') }} as hours
    left join anomalies
        on
            hours.exchange_id = anomalies.exchange_id
            and hours.symbol = anomalies.symbol
            and hours.hour_at = anomalies.hour_at

),

checked as (

    {{ as_quality_sql(
        'candles', given=quality_columns() | reject('eq', 'quarantined_count') | list
    ) }}

)

select * from checked
