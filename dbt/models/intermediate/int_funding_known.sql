{{ config(materialized='view') }}
{%- set settlement = ['exchange_id', 'symbol', 'due_at'] %}

with

rules as (

    select * from {{ ref('sentiment_sources') }}
    where source = 'funding'

),

versions as (

    {{ versions_sql(
        ref('fct_funding'), source('history', 'replaced_funding'),
        settlement + ['settled_at', 'rate', 'annualised_rate']
    ) }}

),

numbered as (

    select
        versions.*,
        row_number() over (
            partition by versions.exchange_id, versions.symbol, versions.due_at
            order by versions.changed_in
        ) = 1 as is_oldest,
        row_number() over (
            partition by
                versions.exchange_id,
                versions.symbol,
                versions.due_at,
                versions.annualised_rate is null
            order by versions.changed_in
        ) = 1 as is_first,
        {{ read_since('begun') }} as begun_at,
        {{ read_since('replaced') }} as replaced_at
    from {{ runs_of_versions('fct_funding') }}

),

-- the oldest version that is held is known since a venue's answer had its rate; a rate that
-- was another one before is a correction, however much of the history is forgotten
versions_told as (

    select
        numbered.exchange_id,
        numbered.symbol,
        split_part(numbered.symbol, '/', 1) as asset,
        numbered.due_at,
        numbered.annualised_rate,
        numbered.is_first
        and coalesce(
            readings.received_at = readings.first_received_at,
            readings.first_received_at is null
        ) as is_first,
        case
            when numbered.is_oldest then coalesce(readings.received_at, numbered.begun_at)
            else numbered.begun_at
        end as begun_at,
        numbered.replaced_at
    from numbered
    cross join
        lateral (
            select
                min(found.received_at) as first_received_at,
                min(found.received_at) filter (where found.funding_rate = numbered.rate)
                    as received_at
            from {{ ref('stg_exchange__funding_rates') }} as found
            where
                found.exchange_id = numbered.exchange_id
                and found.symbol = numbered.symbol
                and found.settled_at_ms = (1000 * extract(epoch from numbered.settled_at))::bigint
                and found.load_id in ({{ finished_loads('bronze_exchange') }})
        ) as readings
    where numbered.annualised_rate is not null

),

known as (

    {{ known_spans_sql(settlement + ['asset', 'annualised_rate'], 'due_at') }}

)

select * from known
