{{ config(materialized='view') }}

with

prices as (

    select
        prices.asset,
        prices.quote,
        prices.minute_at,
        prices.minute_at + interval '1 minute' as ended_at,
        prices.price_usd,
        runs.known_at as readable_at
    from {{ ref('fct_prices') }} as prices
    left join {{ source('history', 'runs') }} as runs
        on
            runs.relation = 'fct_prices'
            and prices.changed_in = runs.batch_id
    where prices.price_usd is not null

),

rules as (

    select * from {{ ref('sentiment_sources') }}
    where source = 'prices'

),

known as (

    select
        prices.asset,
        prices.quote,
        prices.minute_at,
        prices.ended_at,
        prices.price_usd,
        {{ known_at('prices.ended_at', 'prices.readable_at', untold='true') }} as known_at,
        {{ is_history('prices.ended_at', 'prices.readable_at', untold='true') }} as is_assumed
    from prices
    cross join rules

)

select * from known
