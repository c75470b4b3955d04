{%- set settlement = ['exchange_id', 'symbol', 'due_at'] -%}
{%- set minute = ['exchange_id', 'symbol', 'stamped_from'] -%}
{%- set keys = settlement | join(', ') -%}
{{ config(
    unique_key=settlement,
    indexes=[
        {'columns': settlement, 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

with

claimed_stamps as (

    select
        exchange_id,
        symbol,
        settled_at_ms
    from {{ ref('stg_exchange__funding_rates') }}
    where load_id = any({{ claimed_loads() }})
    union
    select
        exchange_id,
        symbol,
        settled_at_ms
    from {{ ref('stg_archive__funding_rates') }}
    where load_id = any({{ claimed_loads() }})
    union
    select
        other_versions.exchange_id,
        other_versions.symbol,
        other_versions.settled_at_ms
    from (
        {{ rows_of_other_versions_sql(
            ref('stg_archive__funding_rates'), ref('stg_archive__files'), 'funding_rates'
        ) }}
    ) as other_versions

),

-- a settlement's stamps are those of the minute around the one that it was due
touched as (

    select distinct
        exchange_id,
        symbol,
        {{ due_at('settled_at_ms') }} - interval '30 seconds' as stamped_from
    from claimed_stamps

),

answers as (

    select *
    from {{ rows_of(ref('stg_exchange__funding_rates'), minute, at='settled_at_ms') }}
    where load_id in ({{ finished_loads('bronze_exchange') }})

),

archived as (

    {{ file_readings_sql(
        rows_of(ref('stg_archive__funding_rates'), minute, at='settled_at_ms'),
        ref('stg_archive__files'),
    ) }}

),

-- versions of one path are one reading; what the newest does not repeat is the earliest
readings as (

    select
        exchange_id,
        symbol,
        settled_at_ms,
        funding_rate,
        mark_price,
        null::bigint as interval_hours,
        false as is_sealing,
        'rest' as source,
        request_id as reading_id,
        request_id as told_by,
        venue_now_ms
    from answers
    union all
    select
        exchange_id,
        symbol,
        settled_at_ms,
        funding_rate,
        null::numeric as mark_price,
        interval_hours,
        is_sealing,
        'archive' as source,
        file_id as reading_id,
        path as told_by,
        case when is_sealing then published_at_ms else settled_at_ms end as venue_now_ms
    from archived

),

due as (

    select
        *,
        {{ due_at('settled_at_ms') }} as due_at
    from readings

),

compared as (

    select
        *,
        case
            when bool_or(is_sealing) over agreeing then 'sealed'
            when
                min(told_by) over agreeing < max(told_by) over agreeing
                and max(venue_now_ms) over agreeing - min(venue_now_ms) over agreeing
                >= {{ separate_ms() }}
                then 'confirmed'
            else 'closed'
        end as evidence_grade,
        max(mark_price) over agreeing as agreed_mark_price,
        min(funding_rate) over one_settlement
        != max(funding_rate) over one_settlement as is_contradicted,
        coalesce(
            min(funding_rate) filter (where is_sealing) over one_settlement
            != max(funding_rate) filter (where is_sealing) over one_settlement,
            false
        ) as are_seals_contradictory,
        -- hours of nothing are none
        coalesce(
            max(nullif(interval_hours, 0)) filter (where is_sealing) over one_settlement,
            max(nullif(interval_hours, 0)) over one_settlement
        ) as sent_interval_hours
    from due
    window
        one_settlement as (partition by {{ keys }}),
        agreeing as (partition by {{ keys }}, funding_rate)

),

settled as (

    select distinct on ({{ keys }})
        exchange_id,
        symbol,
        due_at,
        settled_at_ms,
        funding_rate,
        agreed_mark_price as mark_price,
        sent_interval_hours as interval_hours,
        -- verified rows that contradict each other seal nothing
        case when are_seals_contradictory then 'closed' else evidence_grade end
            as evidence_grade,
        source,
        reading_id,
        is_contradicted,
        {{ own_batch() }} as changed_in
    from compared
    order by
        {{ keys }},
        {{ evidence_rank('evidence_grade') }} desc,
        is_sealing desc,
        venue_now_ms desc,
        funding_rate desc,
        reading_id collate "C" desc,
        settled_at_ms desc

)

select * from settled
