{{ config(
    unique_key=['exchange_id', 'symbol', 'valid_from'],
    meta={'recomputes': 'everything'},
) }}

with

versions as (

    select * from {{ ref('int_instruments_versioned') }}

),

assets as (

    select * from {{ ref('assets') }}

),

instruments as (

    select
        versions.exchange_id,
        versions.symbol,
        versions.valid_from,
        versions.valid_to,
        versions.valid_to is null as is_current,
        versions.market_type,
        coalesce(bases.asset, versions.base_asset) as base_asset,
        coalesce(quotes.asset, versions.quote_asset) as quote_asset,
        versions.venue_symbol,
        versions.venue_base_asset,
        versions.venue_quote_asset,
        versions.status,
        versions.is_active,
        versions.price_increment,
        versions.amount_increment,
        versions.min_amount,
        versions.min_notional,
        {{ own_batch() }} as changed_in
    from versions
    left join assets as bases
        on
            versions.exchange_id = bases.exchange_id
            and versions.venue_base_asset = bases.venue_asset
    left join assets as quotes
        on
            versions.exchange_id = quotes.exchange_id
            and versions.venue_quote_asset = quotes.venue_asset

)

select * from instruments
