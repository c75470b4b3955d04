{%- set day = ['exchange_id', 'symbol', 'answered_date'] -%}
{%- set keys = 'exchange_id, symbol, observed_at_ms' -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'observed_at'],
    meta={'distribution_key': 'symbol'},
    indexes=[{'columns': ['changed_in']}],
) }}

with

affected as (

    {{ touched_metric_days_sql(
        [ref('stg_exchange__open_interest'), ref('stg_exchange__open_interest_history')],
        ref('stg_archive__metrics'),
        ref('stg_archive__files'),
    ) }}

),

-- a file's last stamp of the day before may be of this one
touched as (

    {{ days_around_sql('affected', 1, 0) }}

),

snapshots as (

    select * from {{ rows_of(ref('stg_exchange__open_interest'), day, at='observed_at_ms') }}

),

history as (

    select *
    from {{ rows_of(ref('stg_exchange__open_interest_history'), day, at='observed_at_ms') }}

),

archived as (

    {{ measured_metrics_sql(
        rows_of(ref('stg_archive__metrics'), day, at='stamped_at_ms'),
        ref('stg_archive__files'),
    ) }}

),

readings as (

    select
        {{ keys }},
        base_open_interest,
        contracts_open_interest,
        null::numeric as open_interest_value,
        'snapshot' as source,
        1 as source_rank,
        false as is_sealing,
        request_id as reading_id,
        venue_now_ms
    from snapshots
    where load_id in ({{ finished_loads('bronze_exchange') }})
    union all
    select
        {{ keys }},
        base_open_interest,
        contracts_open_interest,
        open_interest_value,
        'history' as source,
        2 as source_rank,
        false as is_sealing,
        request_id as reading_id,
        venue_now_ms
    from history
    where load_id in ({{ finished_loads('bronze_exchange') }})
    union all
    select
        {{ keys }},
        base_open_interest,
        contracts_open_interest,
        open_interest_value,
        'archive' as source,
        case when is_sealing then 3 else 0 end as source_rank,
        is_sealing,
        file_id as reading_id,
        case when is_sealing then published_at_ms else 0 end as venue_now_ms
    from archived
    where coalesce(base_open_interest, contracts_open_interest) is not null

),

compared as (

    select
        *,
        {%- for value in ['base_open_interest', 'contracts_open_interest', 'open_interest_value'] %}
        {{ "or " if not loop.first -}}
        coalesce(min({{ value }}) over observation != max({{ value }}) over observation, false)
        {%- endfor %}
            as is_contradicted,
        count(*) over observation as readings_count
    from readings
    window observation as (partition by {{ keys }})

),

chosen as (

    select distinct on ({{ keys }}) *
    from compared
    order by
        {{ keys }},
        source_rank desc,
        venue_now_ms desc,
        base_open_interest desc nulls last,
        contracts_open_interest desc nulls last,
        open_interest_value desc nulls last,
        reading_id collate "C" desc

),

observations as (

    select
        chosen.exchange_id,
        chosen.symbol,
        to_timestamp(chosen.observed_at_ms / 1000.0) as observed_at,
        chosen.base_open_interest::numeric(38, 18) as open_interest,
        chosen.contracts_open_interest::numeric(38, 18) as open_interest_contracts,
        chosen.open_interest_value::numeric(38, 18) as open_interest_value,
        case when chosen.is_sealing then 'sealed' else 'closed' end as evidence_grade,
        chosen.source,
        chosen.reading_id,
        chosen.readings_count,
        chosen.is_contradicted,
        {{ own_batch() }} as changed_in
    from chosen
    {{ of_affected_days('chosen', 'to_timestamp(chosen.observed_at_ms / 1000)') }}

)

select * from observations
