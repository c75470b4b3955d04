{%- set hour = ['exchange_id', 'symbol', 'hour_at'] -%}
{{ config(
    unique_key=hour,
    pre_hook="{{ remember_scope(
        touched_units(
            batches={
                ref('int_minutes_accounted'): 'hour_at',
                ref('int_candles_chosen'): 'opened_at',
                ref('fct_candle_proofs'): 'opened_at',
            },
            loads={
                ref('stg_exchange__ohlcv'): 'opened_at_ms',
                ref('int_candles_archived'): 'opened_at_ms',
            },
        ) ~ ' union ' ~ hours_of_all_venues_sql(
            candles=ref('int_candles_chosen'),
            prices=ref('fct_prices'),
        )
    ) }}",
    meta={'unit_of_work': hour},
    indexes=[{'columns': ['changed_in']}],
) }}

{%- set values = candle_values() -%}
{#- a volume of a minute that is rounded, as a venue's sums are -#}
{%- set tolerance = '0.00000001' %}

with

accounts as (

    select * from {{ rows_of(ref('int_minutes_accounted'), hour) }}

),

candles as (

    select * from {{ rows_of(ref('int_candles_chosen'), hour, at='opened_at') }}

),

proofs as (

    select * from {{ rows_of(ref('fct_candle_proofs'), hour, at='opened_at') }}

),

answers as (

    select * from {{ rows_of(ref('stg_exchange__ohlcv'), hour, at='opened_at_ms') }}

),

archived as (

    select * from {{ rows_of(ref('int_candles_archived'), hour, at='opened_at_ms') }}

),

proofs_counted as (

    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }} as hour_at,
        count(*) filter (where is_proven) as proven_count,
        count(*) filter (where proof in ('lost trades', 'contradicted')) as failed_count,
        coalesce(
            bit_or(1::bigint << extract(minute from opened_at)::integer)
            filter (where proof in ('proven complete', 'lost trades')),
            0
        ) as traded_mask,
        coalesce(
            bit_or(1::bigint << extract(minute from opened_at)::integer)
            filter (where proof = 'proven empty'),
            0
        ) as empty_mask
    from proofs
    group by
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }}

),

-- what is proven goes before what the venue's manners let expect: a row for each minute
-- that a route answered for which sends quiet ones too, none of one that leaves them out
expected as (

    select
        accounts.exchange_id,
        accounts.symbol,
        accounts.hour_at,
        accounts.candle_mask
        | (
            (
                accounts.answered_full_mask
                | (accounts.asked_mask & ~accounts.answered_sparse_mask)
                | coalesce(proofs_counted.traded_mask, 0)
            )
            & ~coalesce(proofs_counted.empty_mask, 0)
        ) as expected_mask
    from accounts
    left join proofs_counted
        on
            accounts.exchange_id = proofs_counted.exchange_id
            and accounts.symbol = proofs_counted.symbol
            and accounts.hour_at = proofs_counted.hour_at

),

candles_measured as (

    select
        candles.exchange_id,
        candles.symbol,
        {{ bucket_start(60, 'candles.opened_at') }} as hour_at,
        candles.evidence_grade,
        10000 * abs(candles.close / nullif(prices.median, 0) - 1) as distance_bps,
        coalesce(
            candles.high < greatest(candles.open, candles.close, candles.low)
            or candles.low > least(candles.open, candles.close)
            or candles.low <= 0
            or candles.base_volume < 0
            or candles.taker_buy_base > candles.base_volume + {{ tolerance }}
            or candles.taker_buy_quote > candles.quote_volume + {{ tolerance }}
            or candles.vwap > candles.high + {{ tolerance }}
            or (candles.vwap < candles.low - {{ tolerance }} and candles.base_volume > 0)
            or candles.quote_volume > (candles.base_volume + {{ tolerance }}) * candles.high
            + {{ tolerance }}
            or candles.quote_volume < (candles.base_volume - {{ tolerance }}) * candles.low
            - {{ tolerance }}
            or (candles.trades_count = 0) <> (candles.base_volume = 0),
            false
        ) as is_broken
    from candles
    left join {{ ref('fct_prices') }} as prices
        on
            split_part(candles.symbol, '/', 1) = prices.asset
            and split_part(candles.symbol, '/', 2) = prices.quote
            and candles.opened_at = prices.minute_at
            and candles.base_volume > 0

),

candles_counted as (

    select
        exchange_id,
        symbol,
        hour_at,
        count(*) as held_count,
        count(*) filter (where is_broken) as broken_count,
        percentile_disc(0.5) within group (order by distance_bps) as distance_p50_bps,
        max(distance_bps) as distance_max_bps
    from candles_measured
    group by
        exchange_id,
        symbol,
        hour_at

),

-- the newest answer after the end of a minute, and when the first of them was committed
answers_made as (

    select distinct on (answers.exchange_id, answers.symbol, answers.opened_at_ms)
        answers.*,
        min(loads.completed_at) over (
            partition by answers.exchange_id, answers.symbol, answers.opened_at_ms
        ) as committed_at
    from answers
    inner join {{ source('ops', 'loads') }} as loads
        on answers.load_id = loads.load_id
    where
        loads.schema_name = 'bronze_exchange'
        and answers.is_after_end
    order by
        answers.exchange_id asc,
        answers.symbol asc,
        answers.opened_at_ms asc,
        answers.venue_now_ms desc,
        answers.request_id asc,
        answers.delivery_row asc

),

seals as (

    select distinct on (exchange_id, symbol, opened_at_ms) *
    from archived
    where is_sealing
    order by
        exchange_id asc,
        symbol asc,
        opened_at_ms asc,
        published_at_ms desc,
        file_id asc

),

answers_compared as (

    select
        answers_made.exchange_id,
        answers_made.symbol,
        to_timestamp(answers_made.opened_at_ms / 1000) as opened_at,
        extract(epoch from answers_made.committed_at)
        - (answers_made.opened_at_ms + {{ minute_ms() }}) / 1000.0 as delay_s,
        seals.file_id is not null as is_compared,
        coalesce(
            {%- for value in values %}
            answers_made.{{ value }} <> seals.{{ value }}{{ " or" if not loop.last }}
            {%- endfor %},
            false
        ) as is_differing
    from answers_made
    left join seals
        on
            answers_made.exchange_id = seals.exchange_id
            and answers_made.symbol = seals.symbol
            and answers_made.opened_at_ms = seals.opened_at_ms

),

answers_counted as (

    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }} as hour_at,
        count(*) filter (where is_compared) as compared_count,
        count(*) filter (where is_compared and is_differing) as differing_count,
        percentile_disc(0.5) within group (order by delay_s) as delay_p50_s,
        percentile_disc(0.95) within group (order by delay_s) as delay_p95_s,
        max(delay_s) as delay_max_s
    from answers_compared
    group by
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }}

),

-- a file was published after the end of what it covers; of its versions the first counts
archive_delays as (

    select
        archived.exchange_id,
        archived.symbol,
        {{ bucket_start(60, 'to_timestamp(archived.opened_at_ms / 1000)') }} as hour_at,
        min(files.published_at_ms - files.covers_until_ms) / 1000.0 as archive_delay_s
    from archived
    inner join {{ ref('stg_archive__files') }} as files
        on
            archived.file_id = files.file_id
            and archived.load_id = files.load_id
    group by
        archived.exchange_id,
        archived.symbol,
        {{ bucket_start(60, 'to_timestamp(archived.opened_at_ms / 1000)') }}

),

quality as (

    select
        expected.exchange_id,
        expected.symbol,
        expected.hour_at,
        bit_count(expected.expected_mask::bit(64)) as expected_count,
        coalesce(candles_counted.held_count, 0) as held_count,
        coalesce(proofs_counted.proven_count, 0) as proven_count,
        coalesce(proofs_counted.failed_count, 0) as failed_count,
        coalesce(answers_counted.compared_count, 0) as compared_count,
        coalesce(answers_counted.differing_count, 0) as differing_count,
        candles_counted.distance_p50_bps::numeric(38, 4) as distance_p50_bps,
        candles_counted.distance_max_bps::numeric(38, 4) as distance_max_bps,
        answers_counted.delay_p50_s::numeric(38, 6) as delay_p50_s,
        answers_counted.delay_p95_s::numeric(38, 6) as delay_p95_s,
        answers_counted.delay_max_s::numeric(38, 6) as delay_max_s,
        archive_delays.archive_delay_s::numeric(38, 6) as archive_delay_s,
        coalesce(candles_counted.broken_count, 0) as broken_count,
        {{ own_batch() }} as changed_in
    from expected
    {% for counted in [
        'proofs_counted', 'candles_counted', 'answers_counted', 'archive_delays'
    ] -%}
    left join {{ counted }}
        on
            expected.exchange_id = {{ counted }}.exchange_id
            and expected.symbol = {{ counted }}.symbol
            and expected.hour_at = {{ counted }}.hour_at
    {% endfor %}

)

select * from quality
