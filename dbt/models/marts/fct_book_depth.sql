{%- set hour = ['exchange_id', 'symbol', 'hour_at'] -%}
{%- set keys = 'exchange_id, symbol, snapshot_at_ms, side, band_pct' -%}
{%- set amounts = ['base_depth', 'contracts_depth', 'quote_depth'] -%}
{%- set bands, files = ref('stg_archive__book_depth'), ref('stg_archive__files') -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'snapshot_at', 'side', 'band_pct'],
    meta={'distribution_key': 'symbol', 'lookups': ['contract_sizes', 'liquidity_measures']},
    indexes=[{'columns': ['changed_in']}],
) }}

with

read_anew as (

    {{ touched_units(hour, loads={bands: 'snapshot_at_ms'}) }}
    union
    select distinct
        exchange_id,
        symbol,
        {{ unit_start('hour_at', 'snapshot_at_ms') }} as hour_at
    from (
        {{ rows_of_other_versions_sql(bands, files, 'book_depth') }}
    ) as other_versions

),

-- a band also tells those of the hour after it how long it stood
changed as (

    select
        read_anew.exchange_id,
        read_anew.symbol,
        read_anew.hour_at + hours.later as hour_at
    from read_anew
    cross join (values (interval '0'), (interval '1 hour')) as hours (later)
    group by
        read_anew.exchange_id,
        read_anew.symbol,
        read_anew.hour_at + hours.later

),

touched as (

    select
        changed.exchange_id,
        changed.symbol,
        changed.hour_at - hours.earlier as hour_at
    from changed
    cross join (values (interval '0'), (interval '1 hour')) as hours (earlier)
    group by
        changed.exchange_id,
        changed.symbol,
        changed.hour_at - hours.earlier

),

archived as (

    {{ file_readings_sql(rows_of(bands, hour, at='snapshot_at_ms'), files) }}

),

readings as (

    select
        *,
        array[{{ amounts | join(', ') }}] as amounts,
        case when is_sealing then published_at_ms else 0 end as standing_ms
    from archived

),

compared as (

    select
        *,
        min(amounts) over one_band != max(amounts) over one_band as is_contradicted
    from readings
    window one_band as (partition by {{ keys }})

),

chosen as (

    select distinct on ({{ keys }}) *
    from compared
    order by
        {{ keys }},
        is_sealing desc,
        standing_ms desc,
        amounts desc,
        file_id collate "C" desc

),

moved as (

    select
        *,
        amounts != lag(amounts) over (
            partition by exchange_id, symbol, side, band_pct
            order by snapshot_at
        ) as is_moved
    from chosen

),

timed as (

    select
        *,
        max(snapshot_at) filter (where is_moved) over so_far as moved_at,
        first_value(snapshot_at) over last_hour as known_since
    from moved
    window
        so_far as (
            partition by exchange_id, symbol, side, band_pct
            order by snapshot_at
        ),
        last_hour as (
            partition by exchange_id, symbol, side, band_pct
            order by snapshot_at
            range between interval '1 hour' preceding and current row
        )

),

judged as (

    select
        *,
        {{ bucket_start(60, 'snapshot_at') }} as hour_at,
        extract(
            epoch from snapshot_at - greatest(moved_at, known_since)
        )::numeric(38, 18) as unchanged_seconds
    from timed

),

neighboured as (

    select
        *,
        min(unchanged_seconds) over (
            partition by exchange_id, symbol, snapshot_at
        ) as least_unchanged_seconds
    from judged

),

depth as (

    select
        neighboured.exchange_id,
        neighboured.symbol,
        neighboured.snapshot_at,
        neighboured.side,
        neighboured.band_pct::numeric(38, 18) as band_pct,
        neighboured.base_depth::numeric(38, 18) as base_depth,
        neighboured.contracts_depth::numeric(38, 18) as contracts_depth,
        {{ fitting(
            'coalesce(neighboured.quote_depth, neighboured.contracts_depth * sizes.contract_size)'
        ) }} as quote_depth,
        neighboured.unchanged_seconds,
        -- where nobody bids or asks nothing moves
        case
            when
                neighboured.unchanged_seconds < measures.stale_seconds
                or coalesce(neighboured.contracts_depth, neighboured.base_depth) = 0
                then null
            when neighboured.least_unchanged_seconds < measures.stale_seconds then 'frozen'
            else 'stale'
        end as excluded_for,
        case when neighboured.is_sealing then 'sealed' else 'closed' end as evidence_grade,
        neighboured.file_id as reading_id,
        neighboured.is_contradicted,
        {{ own_batch() }} as changed_in
    from neighboured
    left join lateral (
        select sought.stale_seconds
        from {{ ref('liquidity_measures') }} as sought
        where
            sought.quote_asset
            in (split_part(split_part(neighboured.symbol, ':', 1), '/', 2), '*')
        order by sought.quote_asset = '*'
        limit 1
    ) as measures on true
    left join lateral (
        select sought.contract_size
        from {{ ref('contract_sizes') }} as sought
        where
            neighboured.contracts_depth is not null
            and sought.exchange_id = neighboured.exchange_id
            and sought.is_inverse
            and sought.base_asset in (split_part(neighboured.symbol, '/', 1), '*')
        order by sought.base_asset = '*'
        limit 1
    ) as sizes on true
    where {{ is_of_units('neighboured', hour, 'changed') }}

)

select * from depth
