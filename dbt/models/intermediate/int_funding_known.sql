{{ config(materialized='view') }}

with

rules as (

    select * from {{ ref('sentiment_sources') }}
    where source = 'funding'

),

settlements as (

    select
        funding.exchange_id,
        funding.symbol,
        split_part(funding.symbol, '/', 1) as asset,
        funding.due_at,
        funding.annualised_rate,
        readings.received_at
    from {{ ref('fct_funding') }} as funding
    cross join
        lateral (
            select min(found.received_at) as received_at
            from {{ ref('stg_exchange__funding_rates') }} as found
            where
                found.exchange_id = funding.exchange_id
                and found.symbol = funding.symbol
                and found.settled_at_ms = (1000 * extract(epoch from funding.settled_at))::bigint
                and found.funding_rate = funding.rate
                and found.load_id in ({{ finished_loads('bronze_exchange') }})
        ) as readings
    where funding.annualised_rate is not null

),

known as (

    select
        settlements.exchange_id,
        settlements.symbol,
        settlements.asset,
        settlements.due_at,
        settlements.annualised_rate,
        {{ known_at('settlements.due_at', 'settlements.received_at', untold='true') }} as known_at,
        {{ is_history('settlements.due_at', 'settlements.received_at', untold='true') }}
            as is_assumed
    from settlements
    cross join rules

)

select * from known
