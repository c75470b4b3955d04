{{ config(materialized='view') }}

with

exchange_changes as (

    {{ timed_config_changes(ref('stg_config__exchanges')) }}

),

instrument_changes as (

    {{ timed_config_changes(ref('stg_config__instruments')) }}

),

changes as (

    select
        'exchanges' as table_name,
        exchange_id,
        null as pattern,
        op,
        lsn,
        known_at,
        min(known_at) over (
            order by {{ config_order() }}
            rows between current row and unbounded following
        ) as decides_from,
        lsn = min(effective_lsn) over () as is_first,
        op = 'r' and lsn > min(lsn) over (partition by effective_lsn) as is_overtaken,
        load_id
    from exchange_changes
    union all
    select
        'instruments' as table_name,
        exchange_id,
        symbol as pattern,
        op,
        lsn,
        known_at,
        min(known_at) over (
            order by {{ config_order() }}
            rows between current row and unbounded following
        ) as decides_from,
        lsn = min(effective_lsn) over () as is_first,
        op = 'r' and lsn > min(lsn) over (partition by effective_lsn) as is_overtaken,
        load_id
    from instrument_changes

),

timed as (

    select
        table_name,
        exchange_id,
        pattern,
        op,
        known_at,
        case
            when is_first or is_overtaken or known_at = min(known_at) over () then '-infinity'
            else decides_from
        end as decides_from,
        is_first,
        is_first
        or known_at = min(known_at) over ()
        or op in ('r', 't')
        or (table_name = 'exchanges' and op in ('c', 'd')) as is_of_every_series,
        load_id
    from changes

)

select * from timed
