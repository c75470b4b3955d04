-- What were we told to collect a day ago, since when, and by whom?
select
    exchange_id,
    symbol,
    pattern,
    feeds,
    since,
    priority,
    configured_from,
    configured_by_login,
    configured_by_application
from gold.configured_at(now() - interval '1 day')
order by
    exchange_id,
    symbol;
