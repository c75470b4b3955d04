{{ config(
    unique_key=['exchange_id', 'symbol', 'opened_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'opened_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set keys = 'exchange_id, symbol, opened_at_ms' -%}
{%- set claims_only = reads_claims_only() %}

with

finished_loads as (

    {{ finished_loads('bronze_exchange') }}

),

{% if claims_only -%}
changed_minutes as (

    select distinct
        exchange_id,
        symbol,
        opened_at_ms
    from {{ ref('stg_exchange__ohlcv') }}
    where
        load_id = any({{ claimed_loads() }})
        and timeframe = '1m'

),

-- one index lookup a minute: without `offset 0` this becomes a join over all history
readings as (

    select history.*
    from changed_minutes
    cross join
        lateral (
            select ohlcv.*
            from {{ ref('stg_exchange__ohlcv') }} as ohlcv
            where
                ohlcv.exchange_id = changed_minutes.exchange_id
                and ohlcv.symbol = changed_minutes.symbol
                and ohlcv.opened_at_ms = changed_minutes.opened_at_ms
                and ohlcv.timeframe = '1m'
            order by ohlcv.venue_now_ms
            offset 0
        ) as history
    where history.load_id in (select finished_loads.load_id from finished_loads)

),
{%- else -%}
readings as (

    select *
    from {{ ref('stg_exchange__ohlcv') }}
    where
        timeframe = '1m'
        and load_id in (select finished_loads.load_id from finished_loads)

),
{%- endif %}

-- readings that agree are one candidate; rows of one request are one reading
candidates as (

    select
        {{ keys }},
        {{ candle_values() | join(', ') }},
        case
            when
                min(request_id) filter (where is_after_end)
                < max(request_id) filter (where is_after_end)
                then 'confirmed'
            when bool_or(is_after_end) then 'closed'
            else 'provisional'
        end as evidence_grade,
        max(venue_now_ms) as venue_now_ms
    from readings
    group by
        {{ keys }},
        {{ candle_values() | join(', ') }}

),

chosen as (

    select distinct on ({{ keys }}) *
    from candidates
    order by
        {{ keys }},
        {{ evidence_rank('evidence_grade') }} desc,
        venue_now_ms desc,
        {{ candle_values() | join(' desc nulls last, ') }} desc nulls last

),

graded as (

    select
        exchange_id,
        symbol,
        to_timestamp(opened_at_ms / 1000) as opened_at,
        open,
        high,
        low,
        close,
        base_volume,
        quote_volume,
        trades_count,
        taker_buy_base,
        taker_buy_quote,
        vwap,
        evidence_grade,
        venue_now_ms,
        {{ own_batch() }} as changed_in
    from chosen

)

select * from graded
