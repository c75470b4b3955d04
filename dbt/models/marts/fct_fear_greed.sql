{%- set day = ['index_date'] -%}
{%- set in_order = 'order by received_at, index_value, answer_id collate "C"' -%}
{{ config(
    unique_key=day,
    meta={'distribution_key': 'index_date', 'lookups': ['sentiment_sources']},
    indexes=[{'columns': ['changed_in']}],
) }}

with

touched as (

    {{ touched_units(day, loads={ref('stg_fear_greed__index_values'): 'indexed_at'}) }}

),

rules as (

    select * from {{ ref('sentiment_sources') }}
    where source = 'fear_greed'

),

readings as (

    select
        *,
        (indexed_at at time zone 'UTC')::date as index_date
    from {{ rows_of(ref('stg_fear_greed__index_values'), day, at='indexed_at') }} as held
    where load_id in ({{ finished_loads('bronze_fear_greed') }})

),

compared as (

    select
        *,
        lag(index_value) over (partition by index_date {{ in_order }}) as value_before
    from readings

),

numbered as (

    select
        *,
        count(*) filter (where index_value is distinct from value_before) over (
            partition by index_date {{ in_order }}
            rows between unbounded preceding and current row
        ) as version_number
    from compared

),

-- a value that comes back after another one is a version of its own
versions as (

    select
        index_date,
        version_number,
        min(indexed_at) as indexed_at,
        min(index_value) as index_value,
        (array_agg(classification {{ in_order }} desc))[1] as classification,
        min(received_at) as received_at
    from numbered
    group by
        index_date,
        version_number

),

latest as (

    select distinct on (index_date) *
    from versions
    order by
        index_date asc,
        version_number desc

),

index_days as (

    select
        latest.index_date,
        latest.index_value::numeric(38, 18) as index_value,
        latest.classification,
        latest.version_number as versions_count,
        latest.received_at,
        case
            when latest.version_number = 1
                then {{ known_at('latest.indexed_at', 'latest.received_at') }}
            else latest.received_at
        end as known_at,
        latest.version_number = 1
        and {{ is_history('latest.indexed_at', 'latest.received_at') }} as is_assumed,
        {{ own_batch() }} as changed_in
    from latest
    cross join rules

)

select * from index_days
