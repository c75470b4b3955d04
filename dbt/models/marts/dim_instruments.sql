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

expiry_times as (

    select * from {{ ref('expiry_times') }}

),

termed as (

    select
        *,
        nullif(split_part(split_part(symbol, ':', 2), '-', 1), '') as settle_asset,
        symbol like '%:%-%-%' as is_option
    from versions

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
        versions.settle_asset,
        versions.settle_asset = split_part(versions.symbol, '/', 1) as is_inverse,
        versions.contract_size,
        {{ expires_at('versions.symbol') }} as expires_at,
        (case when versions.is_option then split_part(versions.symbol, '-', 3) end)
        ::numeric(38, 18) as strike,
        case
            when versions.is_option and versions.symbol like '%-C' then 'call'
            when versions.is_option then 'put'
        end as option_type,
        versions.launched_at,
        {{ own_batch() }} as changed_in
    from termed as versions
    left join expiry_times as expiries
        on versions.exchange_id = expiries.exchange_id
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
