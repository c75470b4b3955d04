{{ config(materialized='view') }}

{%- set key = ['exchange_id', 'symbol', 'opened_at'] -%}
{%- set values = candle_values() -%}
{%- set standing_ms = '(extract(epoch from standing.opened_at) * 1000)::bigint' %}

with

-- Every reading has a minute that stands, by whose key it is looked up: `offset 0` keeps
-- that an index scan, for one minute or for many.
answers as (

    select
        standing.exchange_id,
        standing.symbol,
        standing.opened_at,
        history.{{ values | join(',\n        history.') }},
        case when history.is_after_end then 'closed' else 'provisional' end as evidence_grade,
        case when not history.is_after_end then 'read before the minute''s end' end as weakness,
        history.venue_now_ms,
        history.request_id,
        history.origin,
        history.received_at,
        history.load_id,
        history.delivery_file,
        history.delivery_row
    from {{ ref('int_candles_chosen') }} as standing
    cross join
        lateral (
            select ohlcv.*
            from {{ ref('stg_exchange__ohlcv') }} as ohlcv
            where
                ohlcv.exchange_id = standing.exchange_id
                and ohlcv.symbol = standing.symbol
                and ohlcv.opened_at_ms = {{ standing_ms }}
                and ohlcv.timeframe = '1m'
            order by ohlcv.venue_now_ms
            offset 0
        ) as history
    where history.load_id in ({{ finished_loads('bronze_exchange') }})

),

archived as (

    select
        standing.exchange_id,
        standing.symbol,
        standing.opened_at,
        history.{{ values | join(',\n        history.') }},
        case when history.is_sealing then 'sealed' else 'closed' end as evidence_grade,
        case when not history.is_sealing then 'a later version of the file stands' end
            as weakness,
        history.published_at_ms,
        history.file_id,
        history.path as file_path,
        history.sha256,
        history.line_number,
        history.request_id,
        history.origin,
        history.received_at,
        history.load_id,
        history.delivery_file,
        history.delivery_row
    from {{ ref('int_candles_chosen') }} as standing
    cross join
        lateral (
            select candles.*
            from {{ ref('int_candles_archived') }} as candles
            where
                candles.exchange_id = standing.exchange_id
                and candles.symbol = standing.symbol
                and candles.opened_at_ms = {{ standing_ms }}
            order by candles.published_at_ms
            offset 0
        ) as history

),

rebuilt as (

    select
        made.exchange_id,
        made.symbol,
        made.opened_at,
        {%- for column in values %}
        {{
            'null::numeric' if column == 'vwap'
            else fitting('made.' ~ column) if column in ['quote_volume', 'taker_buy_quote']
            else 'made.' ~ column
        }} as {{ column }},
        {%- endfor %}
        made.evidence_grade,
        case when not made.is_unbroken then 'the ids of its trades do not follow each other' end
            as weakness,
        made.venue_now_ms,
        {{ trades_reading_id('made') }} as reading_id
    from {{ ref('int_candles_rebuilt') }} as made

),

heard as (

    select
        {{ key | join(',\n        ') }},
        {{ values | join(',\n        ') }},
        'rest' as source,
        evidence_grade,
        weakness,
        venue_now_ms,
        request_id as reading_id,
        request_id,
        origin,
        null as file_path,
        null as sha256,
        null::bigint as line_number,
        null::bigint as published_at_ms,
        received_at,
        load_id,
        delivery_file,
        delivery_row
    from answers
    union all
    select
        {{ key | join(',\n        ') }},
        {{ values | join(',\n        ') }},
        'archive' as source,
        evidence_grade,
        weakness,
        published_at_ms as venue_now_ms,
        file_id as reading_id,
        request_id,
        origin,
        file_path,
        sha256,
        line_number,
        published_at_ms,
        received_at,
        load_id,
        delivery_file,
        delivery_row
    from archived
    union all
    select
        {{ key | join(',\n        ') }},
        {{ values | join(',\n        ') }},
        'trades' as source,
        evidence_grade,
        weakness,
        venue_now_ms,
        reading_id,
        null as request_id,
        null as origin,
        null as file_path,
        null as sha256,
        null::bigint as line_number,
        null::bigint as published_at_ms,
        null::timestamptz as received_at,
        null as load_id,
        null as delivery_file,
        null::bigint as delivery_row
    from rebuilt

),

-- what was delivered twice is one reading; the first delivery is shown
readings as (

    select distinct on ({{ key | join(', ') }}, source, reading_id, {{ values | join(', ') }}) *
    from heard
    order by
        {{ key | join(',\n        ') }},
        source,
        reading_id,
        {{ values | join(',\n        ') }},
        load_id,
        delivery_file,
        delivery_row

),

compared as (

    select
        readings.*,
        standing.source as standing_source,
        standing.evidence_grade as standing_evidence_grade,
        standing.reading_id as standing_reading_id,
        standing.venue_now_ms as standing_now_ms,
        standing.is_filled_from_trades,
        -- no value of a candle is negative
        {%- for column in values %}
        {{ "and " if not loop.first -}}
        coalesce(readings.{{ column }}, -1) = coalesce(standing.{{ column }}, -1)
        {%- endfor %}
            as is_the_same,
        nullif(
            concat_ws(
                ', '
                {%- for column in values %},
                case
                    when readings.{{ column }} != standing.{{ column }}
                        then
                            '{{ column }} ' || trim_scale(readings.{{ column }}::numeric)
                            || ' instead of ' || trim_scale(standing.{{ column }}::numeric)
                end
                {%- endfor %}
            ),
            ''
        ) as differences
    from readings
    inner join {{ ref('int_candles_chosen') }} as standing
        on
            readings.exchange_id = standing.exchange_id
            and readings.symbol = standing.symbol
            and readings.opened_at = standing.opened_at

),

judged as (

    select
        *,
        source = standing_source
        and reading_id = standing_reading_id
        and differences is null
        and (is_filled_from_trades or is_the_same) as is_standing
    from compared

),

evidence as (

    select
        judged.exchange_id,
        judged.symbol,
        judged.opened_at,
        judged.source,
        judged.evidence_grade,
        judged.is_standing,
        case
            when judged.is_standing then null
            when judged.differences is null then 'agrees with the candle that stands'
            when judged.weakness is not null then judged.weakness
            when
                {{ evidence_rank('judged.evidence_grade') }}
                < {{ evidence_rank('judged.standing_evidence_grade') }}
                then
                    'the candle that stands is ' || judged.standing_evidence_grade
                    || ', this reading alone is ' || judged.evidence_grade
            when judged.source = 'trades'
                then 'at equal grade the venue''s own candle stands'
            when judged.venue_now_ms < judged.standing_now_ms then 'a later reading stands'
            else 'of readings at one time the higher values stand'
        end as reason,
        judged.differences,
        {%- for column in values %}
        judged.{{ column }}::{{ 'bigint' if column == 'trades_count' else 'numeric(38, 18)' }}
            as {{ column }},
        {%- endfor %}
        judged.standing_source,
        judged.standing_evidence_grade,
        judged.standing_reading_id,
        judged.is_filled_from_trades,
        judged.reading_id,
        judged.request_id,
        judged.origin,
        judged.file_path,
        judged.sha256,
        judged.line_number,
        to_timestamp(judged.published_at_ms / 1000.0) as published_at,
        to_timestamp(judged.venue_now_ms / 1000.0) as venue_now_at,
        judged.received_at,
        judged.load_id,
        judged.delivery_file,
        judged.delivery_row,
        proofs.proof,
        proofs.reason as proof_reason,
        proofs.lost_trades_count
    from judged
    left join {{ ref('fct_candle_proofs') }} as proofs
        on
            judged.exchange_id = proofs.exchange_id
            and judged.symbol = proofs.symbol
            and judged.opened_at = proofs.opened_at

)

select * from evidence
