{{ config(materialized='view') }}

with

-- what the numbers leave out between trades that were loaded without a break
gaps as (

    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'started_at') }} as hour_at,
        sum(trades_missing_count) as missing_count
    from {{ ref('fct_gaps') }}
    where cause = 'trades lost'
    group by
        exchange_id,
        symbol,
        {{ bucket_start(60, 'started_at') }}

),

-- one trade may lack by its number and by its candle's count: the more of both lack
trades as (

    select
        hours.*,
        hours.exchange_id as scope,
        hours.symbol as subject,
        'trades' as feed,
        case
            when hours.is_countable
                then
                    {{ fitting(
                        'hours.held_count'
                        ~ ' + greatest(hours.lost_count, coalesce(gaps.missing_count, 0))',
                        'bigint'
                    ) }}
        end as expected_count,
        greatest(hours.held_count - hours.proven_count - hours.failed_count, 0)
            as unproven_count,
        0 as undetermined_count,
        hours.differing_count as disagreements_count,
        {{ share_without('hours.compared_count', 'hours.differing_count') }}
            as accuracy_ratio,
        {{ share_without('hours.held_count', 'hours.broken_count') }} as consistency_ratio
    from {{ ref('int_trades_counted') }} as hours
    left join gaps
        on
            hours.exchange_id = gaps.exchange_id
            and hours.symbol = gaps.symbol
            and hours.hour_at = gaps.hour_at

),

checked as (

    {{ as_quality_sql('trades', given=[
        'scope', 'subject', 'feed', 'hour_at', 'expected_count', 'held_count',
        'proven_count', 'unproven_count', 'failed_count', 'undetermined_count',
        'disagreements_count', 'compared_count', 'broken_count', 'delay_p50_s',
        'delay_p95_s', 'delay_max_s', 'accuracy_ratio', 'consistency_ratio',
    ]) }}

)

select * from checked
