{%- set hour = ['exchange_id', 'symbol', 'hour_at'] -%}
{%- set minute = 'exchange_id, symbol, minute_ms' -%}
{%- set files = ref('stg_archive__files') -%}
{%- set snapshots = [ref('stg_exchange__mark_prices'), ref('stg_exchange__tickers')] -%}
{%- set stamps = {snapshots[0]: 'observed_at_ms', snapshots[1]: 'quoted_at_ms'} -%}
{%- set answers = {
    'mark': ref('stg_exchange__mark_ohlc'),
    'index': ref('stg_exchange__index_ohlc'),
    'premium': ref('stg_exchange__premium_ohlc'),
} -%}
{%- set klines = {
    'mark': ref('stg_archive__mark_price_klines'),
    'index': ref('stg_archive__index_price_klines'),
    'premium': ref('stg_archive__premium_index_klines'),
} -%}
{%- set feeds = {
    'mark': 'mark_price_klines',
    'index': 'index_price_klines',
    'premium': 'premium_index_klines',
} -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'minute_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'minute_at'], 'unique': true},
        {'columns': ['base_asset', 'quote_asset', 'spot_minute_at']},
        {'columns': ['changed_in']},
    ],
) }}

with

touched as (

    {{ touched_units(hour, loads=dict.fromkeys(
        (answers.values() | list) + (klines.values() | list), 'opened_at_ms'
    )) }}
    {%- for relation, stamp in stamps.items() %}
    union
    select distinct
        exchange_id,
        symbol,
        {{ unit_start('hour_at', stamp) }} as hour_at
    from {{ relation }}
    where
        load_id = any({{ claimed_loads() }})
        and mark_price > 0
    {%- endfor %}
    {%- for measure, relation in klines.items() %}
    union
    select distinct
        exchange_id,
        symbol,
        {{ unit_start('hour_at', 'opened_at_ms') }} as hour_at
    from (
        {{ rows_of_other_versions_sql(relation, files, feeds[measure]) }}
    ) as other_versions
    {%- endfor %}

),

-- a minute ends with its candle's close; a candle that was read before tells no such thing
readings as (

    {% for measure, relation in answers.items() -%}
    select
        exchange_id,
        symbol,
        opened_at_ms as minute_ms,
        opened_at_ms + {{ minute_ms() }} as marked_at_ms,
        '{{ measure }}' as measure,
        close as figure,
        'candle' as source,
        2 as source_rank,
        venue_now_ms,
        request_id as reading_id
    from {{ rows_of(relation, hour, at='opened_at_ms') }} as {{ measure }}_answers
    where
        load_id in ({{ finished_loads('bronze_exchange') }})
        and venue_now_ms >= opened_at_ms + {{ minute_ms() }}
    union all
    select
        exchange_id,
        symbol,
        opened_at_ms as minute_ms,
        opened_at_ms + {{ minute_ms() }} as marked_at_ms,
        '{{ measure }}' as measure,
        close as figure,
        'archive' as source,
        case when is_sealing then 3 else 0 end as source_rank,
        case when is_sealing then published_at_ms else 0 end as venue_now_ms,
        file_id as reading_id
    from (
        {{ file_readings_sql(rows_of(klines[measure], hour, at='opened_at_ms'), files) }}
    ) as {{ measure }}_klines
    where timeframe = '1m'
    union all
    {% endfor -%}
    {% for relation, stamp in stamps.items() -%}
    {{ "union all" if not loop.first }}
    select
        snapshots.exchange_id,
        snapshots.symbol,
        snapshots.{{ stamp }} / {{ minute_ms() }} * {{ minute_ms() }} as minute_ms,
        snapshots.{{ stamp }} as marked_at_ms,
        said.measure,
        said.figure,
        'snapshot' as source,
        1 as source_rank,
        snapshots.venue_now_ms,
        snapshots.request_id as reading_id
    from {{ rows_of(relation, hour, at=stamp) }} as snapshots
    cross join
        lateral (
            values ('mark', snapshots.mark_price), ('index', snapshots.index_price)
        ) as said (measure, figure)
    where
        snapshots.load_id in ({{ finished_loads('bronze_exchange') }})
        and said.figure > 0
    {% endfor %}
),

compared as (

    select
        *,
        min(figure) over told != max(figure) over told as is_contradicted
    from readings
    window told as (partition by {{ minute }}, marked_at_ms, measure)

),

chosen as (

    select distinct on ({{ minute }}, marked_at_ms, measure) *
    from compared
    order by
        {{ minute }},
        marked_at_ms,
        measure,
        source_rank desc,
        venue_now_ms desc,
        figure desc,
        reading_id collate "C" desc

),

-- what was so at one instant
instants as (

    select
        {{ minute }},
        marked_at_ms,
        {%- for measure in answers %}
        max(figure) filter (where measure = '{{ measure }}') as {{ measure }}_figure,
        max(source) filter (where measure = '{{ measure }}') as {{ measure }}_source,
        max(reading_id) filter (where measure = '{{ measure }}') as {{ measure }}_reading_id,
        {%- endfor %}
        bool_or(measure = 'mark' and source_rank = 3) as is_sealed,
        bool_or(is_contradicted) as is_contradicted
    from chosen
    group by
        {{ minute }},
        marked_at_ms

),

-- the last one of a minute that has both, or else the mark
lasts as (

    select distinct on ({{ minute }}) *
    from instants
    where mark_figure is not null
    order by
        {{ minute }},
        index_figure is null,
        marked_at_ms desc

),

marks as (

    select
        exchange_id,
        symbol,
        to_timestamp(minute_ms / 1000) as minute_at,
        split_part(split_part(symbol, ':', 1), '/', 1) as base_asset,
        split_part(split_part(symbol, ':', 1), '/', 2) as quote_asset,
        to_timestamp(marked_at_ms / 1000.0) as marked_at,
        -- the last whole minute before it
        to_timestamp(marked_at_ms / {{ minute_ms() }} * 60 - 60) as spot_minute_at,
        mark_figure::numeric(38, 18) as mark_price,
        mark_source,
        mark_reading_id,
        index_figure::numeric(38, 18) as index_price,
        index_source,
        index_reading_id,
        premium_figure::numeric(38, 36) as premium_index,
        premium_source,
        premium_reading_id,
        case when is_sealed then 'sealed' else 'closed' end as evidence_grade,
        is_contradicted,
        {{ own_batch() }} as changed_in
    from lasts
    -- an option's mark is no price of what it is of
    where symbol like '%:%' and symbol not like '%:%-%-%'

)

select * from marks
