-- No spelling of one dollar becomes another: USD, USDT and USDC are different quotes.
select
    exchange_id,
    venue_asset,
    asset
from {{ ref('assets') }}
where
    (asset in ('USDT', 'USDC') and venue_asset != asset)
    or (asset = 'USD' and venue_asset not in ('USD', 'ZUSD'))
