{%- set minute = ['exchange_id', 'symbol', 'opened_at'] -%}
{%- set key = minute + ['source', 'reading_id', 'value_name', 'reading_value'] -%}
{{ config(
    unique_key=key,
    pre_hook="{{ remember_scope(touched_units(
        batches={
            ref('int_candles_chosen'): 'opened_at',
            ref('int_candles_rebuilt'): 'opened_at',
        },
        loads={
            ref('stg_exchange__ohlcv'): 'opened_at_ms',
            ref('int_candles_archived'): 'opened_at_ms',
        },
    )) }}",
    meta={'unit_of_work': minute, 'loses_rows': true},
    indexes=[
        {'columns': key, 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

with

standing as (

    select * from {{ rows_of(ref('int_candles_chosen'), minute) }}

),

rebuilt as (

    select * from {{ rows_of(ref('int_candles_rebuilt'), minute) }}

),

answers as (

    select * from {{ rows_of(ref('stg_exchange__ohlcv'), minute, at='opened_at_ms') }}

),

archived as (

    select * from {{ rows_of(ref('int_candles_archived'), minute, at='opened_at_ms') }}

),

readings as (

    select
        exchange_id,
        symbol,
        to_timestamp(opened_at_ms / 1000) as opened_at,
        {{ candle_values() | join(',\n        ') }},
        'rest' as source,
        request_id as reading_id,
        venue_now_ms,
        load_id,
        delivery_file,
        delivery_row
    from answers
    where
        timeframe = '1m'
        and is_after_end
        and load_id in ({{ finished_loads('bronze_exchange') }})
    union all
    select
        exchange_id,
        symbol,
        to_timestamp(opened_at_ms / 1000) as opened_at,
        {{ candle_values() | join(',\n        ') }},
        'archive' as source,
        file_id as reading_id,
        published_at_ms as venue_now_ms,
        load_id,
        delivery_file,
        delivery_row
    from archived
    union all
    select
        exchange_id,
        symbol,
        opened_at,
        {%- for column in candle_values() %}
        {{ column if column != 'vwap' else 'null::numeric as vwap' }},
        {%- endfor %}
        'trades' as source,
        {{ trades_reading_id('rebuilt') }} as reading_id,
        venue_now_ms,
        null as load_id,
        null as delivery_file,
        null as delivery_row
    from rebuilt
    where venue_now_ms >= extract(epoch from opened_at) * 1000 + {{ minute_ms() }}

),

-- most readings agree: what differs nowhere goes before it is taken apart
differing as (

    select
        readings.*,
        {%- for column in candle_values() %}
        standing.{{ column }} as standing_{{ column }},
        {%- endfor %}
        standing.source as standing_source,
        standing.reading_id as standing_reading_id,
        standing.evidence_grade as standing_evidence_grade
    from readings
    inner join standing
        on
            readings.exchange_id = standing.exchange_id
            and readings.symbol = standing.symbol
            and readings.opened_at = standing.opened_at
    where
    {%- for column in candle_values() %}
        {{ "or " if not loop.first }}readings.{{ column }} != standing.{{ column }}
    {%- endfor %}

),

taken_apart as (

    select
        differing.*,
        parts.value_name,
        parts.reading_value,
        parts.standing_value
    from differing
    cross join
        lateral (
            values
            {%- for column in candle_values() %}
            ('{{ column }}', {{ column }}::numeric, standing_{{ column }}::numeric)
            {{- "," if not loop.last }}
            {%- endfor %}
        ) as parts (value_name, reading_value, standing_value)
    where parts.reading_value != parts.standing_value

),

-- repetitions within one reading are one; the first delivery is shown
disagreements as (

    select distinct on ({{ key | join(', ') }})
        exchange_id,
        symbol,
        opened_at,
        source,
        reading_id,
        value_name,
        {{ fitting('reading_value') }} as reading_value,
        {{ fitting('standing_value') }} as standing_value,
        {{ fitting('reading_value - standing_value') }} as difference,
        standing_source,
        standing_reading_id,
        standing_evidence_grade,
        venue_now_ms,
        load_id,
        delivery_file,
        delivery_row,
        {{ own_batch() }} as changed_in
    from taken_apart
    order by
        {{ key | join(',\n        ') }},
        load_id,
        delivery_file,
        delivery_row

)

select * from disagreements
