{{ config(
    unique_key=['exchange_id', 'symbol', 'snapshot_at'],
    meta={'lookups': ['contract_sizes', 'liquidity_measures']},
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'snapshot_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set snapshot = ['exchange_id', 'symbol', 'snapshot_at_ms'] -%}
{%- set keys = snapshot | join(', ') %}

with

touched as (

    {{ touched_units(snapshot, loads={
        ref('stg_exchange__order_books'): 'snapshot_at_ms'
    }) }}

),

readings as (

    select *
    from {{ rows_of(ref('stg_exchange__order_books'), snapshot) }}
    where load_id in ({{ finished_loads('bronze_exchange') }})

),

-- of two that came for one moment, by what they say and never by which came first
snapshots as (

    select distinct on ({{ keys }})
        *,
        split_part(symbol, ':', 1) as pair,
        split_part(symbol, ':', 2) as terms
    from readings
    order by
        {{ keys }},
        venue_now_ms desc,
        update_id desc nulls last,
        bids desc,
        asks desc,
        request_id desc

),

-- `BTC/USD:BTC` counts contracts of its quote; an option's price is in what it settles in
named as (

    select
        *,
        split_part(pair, '/', 1) as base_asset,
        split_part(pair, '/', 2) as quote_asset,
        split_part(terms, '-', 1) = split_part(pair, '/', 1)
        and terms not like '%-%-%' as is_inverse
    from snapshots

),

parsed as (

    select
        named.*,
        bid_levels.prices as bid_prices,
        bid_levels.amounts as bid_amounts,
        ask_levels.prices as ask_prices,
        ask_levels.amounts as ask_amounts
    from named
    cross join lateral ({{ book_side('named.bids', 'desc') }}) as bid_levels
    cross join lateral ({{ book_side('named.asks', 'asc') }}) as ask_levels

),

-- `* 0.5`: a division would round the last digit
quoted as (

    select
        parsed.*,
        parsed.bid_prices[1] as bid,
        parsed.bid_amounts[1] as bid_amount,
        parsed.ask_prices[1] as ask,
        parsed.ask_amounts[1] as ask_amount,
        (parsed.bid_prices[1] + parsed.ask_prices[1]) * 0.5 as mid,
        measures.narrow_bps,
        measures.wide_bps,
        measures.notional,
        coalesce(
            parsed.listed_contract_size,
            sizes.contract_size,
            case when not parsed.is_inverse then 1 end
        ) as contract_size
    from parsed
    left join lateral (
        select sought.*
        from {{ ref('liquidity_measures') }} as sought
        where sought.quote_asset in (parsed.quote_asset, '*')
        order by sought.quote_asset = '*'
        limit 1
    ) as measures on true
    left join lateral (
        select sought.contract_size
        from {{ ref('contract_sizes') }} as sought
        where
            parsed.terms != ''
            and sought.exchange_id = parsed.exchange_id
            and sought.is_inverse = parsed.is_inverse
            and sought.base_asset in (parsed.base_asset, '*')
        order by sought.base_asset = '*'
        limit 1
    ) as sizes on true

),

held as (

    select
        quoted.*,
        bids.levels_count as bids_count,
        asks.levels_count as asks_count,
        bids.depth_narrow as bid_depth_narrow,
        asks.depth_narrow as ask_depth_narrow,
        bids.depth_wide as bid_depth_wide,
        asks.depth_wide as ask_depth_wide,
        bids.is_beyond_wide and asks.is_beyond_wide as is_wide_whole,
        bids.top_amount - asks.top_amount as top_difference,
        bids.top_amount + asks.top_amount as top_amount,
        quoted.bid * quoted.ask_amount + quoted.ask * quoted.bid_amount as weighted,
        {{ average_price('asks') }} as bought_at,
        {{ average_price('bids') }} as sold_at
    from quoted
    cross join lateral ({{ side_measures('bid', 1) }}) as bids
    cross join lateral ({{ side_measures('ask', -1) }}) as asks

),

measured as (

    select
        exchange_id,
        symbol,
        snapshot_at,
        {{ fitting('round(mid, 18)') }} as mid,
        {{ fitting(ratio('(ask - bid) * 10000', 'mid')) }} as spread_bps,
        bid::numeric(38, 18) as bid,
        bid_amount::numeric(38, 18) as bid_amount,
        ask::numeric(38, 18) as ask,
        ask_amount::numeric(38, 18) as ask_amount,
        {{ fitting(ratio('weighted', 'bid_amount + ask_amount')) }} as microprice,
        {{ fitting(ratio('top_difference', 'top_amount')) }} as top_five_imbalance,
        bids_count,
        asks_count,
        narrow_bps::numeric(38, 18) as narrow_bps,
        {{ fitting('bid_depth_narrow') }} as bid_depth_narrow,
        {{ fitting('ask_depth_narrow') }} as ask_depth_narrow,
        wide_bps::numeric(38, 18) as wide_bps,
        {{ fitting('bid_depth_wide') }} as bid_depth_wide,
        {{ fitting('ask_depth_wide') }} as ask_depth_wide,
        is_wide_whole,
        notional::numeric(38, 18) as notional,
        {{ fitting(ratio('(bought_at - mid) * 10000', 'mid')) }} as buy_cost_bps,
        {{ fitting(ratio('(mid - sold_at) * 10000', 'mid')) }} as sell_cost_bps,
        update_id,
        changed_at,
        request_id as reading_id,
        {{ own_batch() }} as changed_in
    from held

)

select * from measured
