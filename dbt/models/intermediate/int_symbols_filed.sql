{{ config(materialized='view') }}

with

filed as (

    select
        exchange_id,
        market,
        venue_symbol,
        split_part(venue_symbol, '_', 1) as pair,
        substring(venue_symbol, '_(\d{6})$') as expiry,
        min(first_from) as filed_from,
        max(last_until) as filed_until
    from {{ ref('stg_archive__symbols') }}
    where load_id in ({{ finished_loads('bronze_archive') }})
    group by
        exchange_id,
        market,
        venue_symbol

),

-- a name such as BTCUSDT does not say where its quote begins
quoted as (

    select distinct on (filed.exchange_id, filed.market, filed.pair, filed.expiry)
        filed.*,
        left(filed.pair, -length(quotes.quote_asset)) as base_asset,
        quotes.quote_asset
    from filed
    inner join {{ ref('quote_assets') }} as quotes
        on
            filed.exchange_id = quotes.exchange_id
            and right(filed.pair, length(quotes.quote_asset)) = quotes.quote_asset
            and length(filed.pair) > length(quotes.quote_asset)
    order by
        filed.exchange_id asc,
        filed.market asc,
        filed.pair asc,
        filed.expiry asc,
        length(quotes.quote_asset) desc,
        filed.venue_symbol asc

),

symbols as (

    select
        exchange_id,
        base_asset || '/' || quote_asset || case market
            when 'um' then ':' || quote_asset
            when 'cm' then ':' || base_asset
            else ''
        end || coalesce('-' || expiry, '') as symbol,
        venue_symbol,
        base_asset,
        quote_asset,
        filed_from,
        filed_until,
        max(filed_until) over (partition by exchange_id, market) as market_filed_until
    from quoted

)

select * from symbols
