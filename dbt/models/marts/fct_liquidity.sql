{%- set hour = ['exchange_id', 'symbol', 'hour_at'] -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'snapshot_at'],
    meta={'distribution_key': 'symbol', 'lookups': ['liquidity_measures']},
    indexes=[{'columns': ['changed_in']}],
) }}

with

-- a snapshot also tells those of the hour after it how long the book stood
changed as (

    select
        units.exchange_id,
        units.symbol,
        units.hour_at + hours.later as hour_at
    from ({{ touched_units(hour, batches={ref('int_order_books_measured'): 'snapshot_at'}) }})
        as units
    cross join (values (interval '0'), (interval '1 hour')) as hours (later)
    group by
        units.exchange_id,
        units.symbol,
        units.hour_at + hours.later

),

touched as (

    select
        changed.exchange_id,
        changed.symbol,
        changed.hour_at - hours.earlier as hour_at
    from changed
    cross join (values (interval '0'), (interval '1 hour')) as hours (earlier)
    group by
        changed.exchange_id,
        changed.symbol,
        changed.hour_at - hours.earlier

),

snapshots as (

    select
        *,
        jsonb_build_array(update_id, bid, bid_amount, ask, ask_amount) as book_top
    from {{ rows_of(ref('int_order_books_measured'), hour, at='snapshot_at') }}

),

compared as (

    select
        *,
        book_top != lag(book_top) over (
            partition by exchange_id, symbol
            order by snapshot_at
        ) as is_changed
    from snapshots

),

timed as (

    select
        *,
        coalesce(
            max(snapshot_at) filter (where is_changed) over last_hour,
            min(snapshot_at) over last_hour
        ) as stands_since
    from compared
    window last_hour as (
        partition by exchange_id, symbol
        order by snapshot_at
        range between interval '1 hour' preceding and current row
    )

),

judged as (

    select
        *,
        {{ bucket_start(60, 'snapshot_at') }} as hour_at,
        extract(epoch from snapshot_at - stands_since)::numeric(38, 18) as unchanged_seconds
    from timed

),

liquidity as (

    select
        judged.exchange_id,
        judged.symbol,
        judged.snapshot_at,
        judged.mid,
        judged.spread_bps,
        judged.bid,
        judged.bid_amount,
        judged.ask,
        judged.ask_amount,
        judged.microprice,
        judged.top_five_imbalance,
        judged.bids_count,
        judged.asks_count,
        judged.narrow_bps,
        judged.bid_depth_narrow,
        judged.ask_depth_narrow,
        judged.wide_bps,
        judged.bid_depth_wide,
        judged.ask_depth_wide,
        judged.is_wide_whole,
        judged.notional,
        judged.buy_cost_bps,
        judged.sell_cost_bps,
        judged.update_id,
        judged.changed_at,
        judged.unchanged_seconds,
        case
            when judged.bid is null and judged.ask is null then 'empty'
            when judged.bid is null or judged.ask is null then 'one-sided'
            when judged.bid > judged.ask then 'crossed'
            when judged.bid = judged.ask then 'locked'
            when judged.unchanged_seconds >= measures.stale_seconds then 'stale'
        end as excluded_for,
        judged.reading_id,
        {{ own_batch() }} as changed_in
    from judged
    left join lateral (
        select sought.stale_seconds
        from {{ ref('liquidity_measures') }} as sought
        where
            sought.quote_asset
            in (split_part(split_part(judged.symbol, ':', 1), '/', 2), '*')
        order by sought.quote_asset = '*'
        limit 1
    ) as measures on true
    where {{ is_of_units('judged', hour, 'changed') }}

)

select * from liquidity
