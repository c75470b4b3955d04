-- The newest listing of a venue that bronze holds; $1 exchange_id.
with newest as (
    select request_id
    from bronze_exchange.instruments
    where exchange_id = $1
    order by venue_now_ms desc, request_id desc
    limit 1
)

select
    i.symbol,
    i.venue_symbol,
    i.is_active,
    i.venue_now_ms
from bronze_exchange.instruments as i
inner join newest as n on i.request_id = n.request_id
where i.exchange_id = $1
