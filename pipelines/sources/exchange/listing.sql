-- The newest listing of a market that a finished load brought; $1 exchange_id, $2 market,
-- $3 what its origin ends with, which tells it from other listings at one address:
-- a contract that settles in its quote is linear, one that settles in its base inverse,
-- one with a strike an option.
with listed as (
    select
        i.symbol,
        i.venue_symbol,
        i.contract_size,
        i.is_active,
        i.venue_now_ms,
        i.request_id,
        i._dlt_load_id,
        case
            when i.symbol not like '%:%' then 'spot'
            when i.symbol ~ ':[^-]+-[^-]+-' then 'option'
            when
                split_part(split_part(i.symbol, ':', 2), '-', 1)
                = split_part(split_part(i.symbol, ':', 1), '/', 2)
                then 'linear'
            else 'inverse'
        end as market
    from bronze_exchange.instruments as i
    where
        i.exchange_id = $1
        and right(i.origin, length($3)) = $3
),

newest as (
    select l.request_id
    from listed as l
    where
        l.market = $2
        and exists (
            select from ops.loads as o
            where o.schema_name = 'bronze_exchange' and o.load_id = l._dlt_load_id
        )
    order by l.venue_now_ms desc, l.request_id desc
    limit 1
)

select
    l.symbol,
    l.venue_symbol,
    l.contract_size,
    l.is_active,
    l.venue_now_ms
from listed as l
inner join newest as n on l.request_id = n.request_id
