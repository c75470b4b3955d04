{{ config(
    unique_key=['load_id', 'delivery_file', 'delivery_row'],
    pre_hook="{{ remember_scope(changed_minutes_sql()) }}",
    meta={'scope': ['exchange_id', 'symbol', 'opened_at']},
    indexes=[
        {'columns': ['load_id', 'delivery_file', 'delivery_row'], 'unique': true},
        {'columns': ['exchange_id', 'symbol', 'opened_at']},
        {'columns': ['changed_in']},
    ],
) }}

{%- set differing -%}
({% for column in candle_values() %}readings.{{ column }}{{ ", " if not loop.last }}{% endfor %})
    is distinct from
    ({% for column in candle_values() %}candles.{{ column }}{{ ", " if not loop.last }}{% endfor %})
{%- endset %}

with

readings as (

    {% if reads_claims_only() -%}
    select history.*
    from {{ claimed_scope() }} as changed_minutes
    cross join
        lateral (
            select ohlcv.*
            from {{ ref('stg_exchange__ohlcv') }} as ohlcv
            where
                ohlcv.exchange_id = changed_minutes.exchange_id
                and ohlcv.symbol = changed_minutes.symbol
                and ohlcv.opened_at_ms
                = (extract(epoch from changed_minutes.opened_at) * 1000)::bigint
            order by ohlcv.venue_now_ms
            offset 0
        ) as history
    {%- else -%}
    select history.*
    from {{ ref('stg_exchange__ohlcv') }} as history
    {%- endif %}
    where
        history.timeframe = '1m'
        and history.is_after_end
        and history.load_id in ({{ finished_loads('bronze_exchange') }})

),

disagreeing as (

    select
        readings.*,
        candles.evidence_grade,
        row_number() over (
            partition by
                readings.exchange_id,
                readings.symbol,
                readings.opened_at_ms,
                readings.request_id,
                readings.{{ candle_values() | join(', readings.') }}
            order by readings.load_id, readings.delivery_file, readings.delivery_row
        ) as repetition
    from readings
    inner join {{ ref('int_candles_graded') }} as candles
        on
            readings.exchange_id = candles.exchange_id
            and readings.symbol = candles.symbol
            and to_timestamp(readings.opened_at_ms / 1000) = candles.opened_at
    where {{ differing }}

),

disagreements as (

    select
        load_id,
        delivery_file,
        delivery_row,
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
        evidence_grade as standing_evidence_grade,
        venue_now_ms,
        request_id,
        origin,
        received_at,
        {{ own_batch() }} as changed_in
    from disagreeing
    where repetition = 1

)

select * from disagreements
