-- Which instruments changed state since they were first listed, when, and to what?
select
    exchange_id,
    symbol,
    valid_from,
    valid_to,
    status,
    is_active,
    price_increment,
    amount_increment,
    min_notional
from gold.dim_instruments
where valid_to is not null
order by
    exchange_id,
    symbol,
    valid_from;
