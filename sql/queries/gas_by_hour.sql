-- How full are blocks, what does gas cost, and how much is burnt, hour by hour of the last day?
with

last_hours as (

    select
        chain_id,
        max(hour_at) as last_at
    from gold.fct_gas
    group by chain_id

)

select
    gas.chain_id,
    gas.hour_at,
    gas.blocks_count,
    gas.transactions_count,
    round(100 * gas.gas_used_ratio, 2) as full_pct,
    round(gas.base_fee_per_gas_p50 / 1e9, 3) as base_fee_gwei,
    round(gas.gas_price_p10 / 1e9, 3) as cheap_gwei,
    round(gas.gas_price_p50 / 1e9, 3) as usual_gwei,
    round(gas.gas_price_p90 / 1e9, 3) as dear_gwei,
    gas.burnt_raw / 1e18 as burnt,
    gas.tips_raw / 1e18 as tips
from gold.fct_gas as gas
inner join last_hours
    on
        gas.chain_id = last_hours.chain_id
        and gas.hour_at > last_hours.last_at - interval '24 hours'
order by
    gas.chain_id,
    gas.hour_at;
