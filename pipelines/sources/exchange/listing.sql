-- The newest listing of a venue that a finished load brought; $1 exchange_id.
with newest as (
    select l.request_id
    from bronze_exchange.instruments as l
    where
        l.exchange_id = $1
        and exists (
            select from ops.loads as o
            where o.schema_name = 'bronze_exchange' and o.load_id = l._dlt_load_id
        )
    order by l.venue_now_ms desc, l.request_id desc
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
