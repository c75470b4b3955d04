{{ config(materialized='view') }}

with

rules as (

    select * from {{ ref('sentiment_sources') }}
    where source = 'prices'

),

versions as (

    {{ versions_sql(
        ref('fct_prices'), source('history', 'replaced_prices'),
        ['asset', 'quote', 'minute_at', 'price_usd']
    ) }}

),

versions_told as (

    select
        versions.asset,
        versions.quote,
        versions.minute_at,
        versions.minute_at + interval '1 minute' as ended_at,
        versions.price_usd,
        row_number() over (
            partition by versions.asset, versions.quote, versions.minute_at
            order by versions.changed_in
        ) = 1 as is_first,
        {{ read_since('begun') }} as begun_at,
        {{ read_since('replaced') }} as replaced_at
    from {{ runs_of_versions('fct_prices') }}
    where versions.price_usd is not null

),

known as (

    {{ known_spans_sql(['asset', 'quote', 'minute_at', 'ended_at', 'price_usd'], 'ended_at') }}

)

select * from known
