{{ config(
    unique_key=['exchange_id', 'symbol', 'valid_from'],
    meta={'recomputes': 'everything'},
) }}

{%- set instrument = ['exchange_id', 'symbol'] %}

with

versions as (

    select * from {{ ref('int_instruments_versioned') }}

),

filed as (

    select * from {{ ref('int_symbols_filed') }}

),

lives as (

    select * from {{ ref('int_instruments_dated') }}

),

-- instruments that no listing of the venue has are those that its archive files
states as (

    select
        exchange_id,
        symbol,
        valid_from,
        valid_to,
        market_type,
        base_asset,
        quote_asset,
        venue_symbol,
        venue_base_asset,
        venue_quote_asset,
        status,
        is_active,
        price_increment,
        amount_increment,
        min_amount,
        min_notional,
        contract_size,
        launched_at
    from versions
    union all
    select
        filed.exchange_id,
        filed.symbol,
        lives.listed_at as valid_from,
        case when lives.delisted_at > lives.listed_at then lives.delisted_at end as valid_to,
        config.market_type_of(filed.symbol) as market_type,
        filed.base_asset,
        filed.quote_asset,
        filed.venue_symbol,
        filed.base_asset as venue_base_asset,
        filed.quote_asset as venue_quote_asset,
        null::text as status,
        null::boolean as is_active,
        null::numeric(38, 18) as price_increment,
        null::numeric(38, 18) as amount_increment,
        null::numeric(38, 18) as min_amount,
        null::numeric(38, 18) as min_notional,
        null::numeric(38, 18) as contract_size,
        null::timestamptz as launched_at
    from filed
    inner join lives
        on {{ same_key('filed', 'lives', instrument) }}
    left join versions
        on {{ same_key('filed', 'versions', instrument) }}
    where versions.symbol is null

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
    from states

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
        lives.listed_at,
        lives.listed_by,
        lives.delisted_at,
        lives.delisted_by,
        lives.renamed_from,
        lives.renamed_to,
        coalesce(lives.halts, '[]') as halts,
        {{ own_batch() }} as changed_in
    from termed as versions
    left join lives
        on {{ same_key('versions', 'lives', instrument) }}
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
