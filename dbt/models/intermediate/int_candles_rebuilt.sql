{#-
No CTE names the units, but a table, whose rows the planner has counted: by a guess the
readings of two archived days were compared pair by pair, in 8 minutes instead of 3 seconds.
-#}
{%- set minute = ['exchange_id', 'symbol', 'minute_at'] -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'opened_at'],
    pre_hook="{{ remember_scope(touched_units(
        loads={ref('int_trades_gathered'): 'traded_at_ns'}
    )) }}",
    meta={'unit_of_work': minute},
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'opened_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set key = 'exchange_id, symbol, opened_at' -%}
{%- set claims_only = reads_claims_only() %}

with

readings as not materialized (

    {{ trade_readings_sql(
        rows_of(ref('int_trades_gathered'), minute, at='traded_at_ns'),
        ref('stg_archive__files'),
    ) }}

),

trades as (

    {{ standing_trades_sql('readings') }}

),

-- ids follow each other where each starts one after the highest before it
followed as (

    select
        *,
        coalesce(quote_amount, price * base_amount) as paid,
        max(last_trade_id) over before_it as highest_id_before,
        max(traded_at_ns) over before_it as latest_ns_before
    from trades
    window before_it as (
        partition by opened_at_ns, symbol, exchange_id
        order by first_trade_id, last_trade_id, traded_at_ns
        rows between unbounded preceding and 1 preceding
    )

),

summed as (

    select
        exchange_id,
        symbol,
        to_timestamp(opened_at_ns / 1000000000) as opened_at,
        (array_agg(price order by traded_at_ns, first_trade_id, trade_id, price, base_amount))[1]
            as open,
        max(price) as high,
        min(price) as low,
        (
            array_agg(price order by traded_at_ns, first_trade_id, trade_id, price, base_amount)
        )[count(*)] as close,
        sum(base_amount) as base_volume,
        sum(paid) as quote_volume,
        case
            when bool_and(first_trade_id is not null or not is_aggregate)
                then {{ fitting('sum(coalesce(last_trade_id - first_trade_id + 1, 1))', 'bigint') }}
        end as trades_count,
        coalesce(sum(base_amount) filter (where taker_side = 'buy'), 0) as taker_buy_base,
        coalesce(sum(paid) filter (where taker_side = 'buy'), 0) as taker_buy_quote,
        case when count(first_trade_id) = count(*) then min(first_trade_id) end
            as first_trade_id,
        case when count(first_trade_id) = count(*) then max(last_trade_id) end
            as last_trade_id,
        least(
            coalesce(
                sum(first_trade_id - highest_id_before - 1) filter (
                    where first_trade_id > highest_id_before + 1
                ),
                0
            ),
            9e18
        )::bigint as missing_inside_count,
        coalesce(bool_or(first_trade_id <= highest_id_before), false) as is_overlapping,
        jsonb_agg(
            array[highest_id_before, latest_ns_before, first_trade_id, traded_at_ns]
            order by first_trade_id, last_trade_id, traded_at_ns
        ) filter (where first_trade_id > highest_id_before + 1) as breaks,
        min(traded_at_ns) as first_traded_at_ns,
        max(traded_at_ns) as last_traded_at_ns,
        bool_and(quote_amount is not null) as is_quote_given,
        max(venue_now_ms) as venue_now_ms
    from followed
    group by
        opened_at_ns,
        symbol,
        exchange_id

),

{% if claims_only -%}
-- the traded minutes next to a changed one: what they hold is stored already
neighbours as (

    select stored.*
    from summed
    cross join
        lateral (
            (
                select earlier.*
                from {{ this }} as earlier
                where
                    earlier.exchange_id = summed.exchange_id
                    and earlier.symbol = summed.symbol
                    and earlier.opened_at < summed.opened_at
                order by earlier.opened_at desc
                limit 1
            )
            union all
            (
                select later.*
                from {{ this }} as later
                where
                    later.exchange_id = summed.exchange_id
                    and later.symbol = summed.symbol
                    and later.opened_at > summed.opened_at
                order by later.opened_at
                limit 1
            )
        ) as stored

),

{% endif -%}
minutes as (

    select
        *,
        null::timestamptz as stored_previous_at,
        null::bigint as stored_previous_id,
        null::bigint as stored_previous_ns,
        null::timestamptz as stored_next_at,
        null::bigint as stored_next_id,
        null::bigint as stored_next_ns
    from summed
    {%- if claims_only %}
    union all
    select distinct on ({{ key }})
        {{ key }},
        open,
        high,
        low,
        close,
        base_volume,
        quote_volume,
        trades_count,
        taker_buy_base,
        taker_buy_quote,
        first_trade_id,
        last_trade_id,
        missing_inside_count,
        is_overlapping,
        breaks,
        first_traded_at_ns,
        last_traded_at_ns,
        is_quote_given,
        venue_now_ms,
        previous_opened_at,
        previous_last_trade_id,
        previous_traded_at_ns,
        next_opened_at,
        next_first_trade_id,
        next_traded_at_ns
    from neighbours
    where ({{ key }}) not in (select {{ key }} from summed)
    {%- endif %}

),

paired as (

    select
        *,
        lag(opened_at) over in_time as lagging_at,
        lag(last_trade_id) over in_time as lagging_id,
        lag(last_traded_at_ns) over in_time as lagging_ns,
        lead(opened_at) over in_time as leading_at,
        lead(first_trade_id) over in_time as leading_id,
        lead(first_traded_at_ns) over in_time as leading_ns
    from minutes
    window in_time as (
        partition by exchange_id, symbol
        order by opened_at
    )

),

-- nearer is what was stored, or what came between since
linked as (

    select
        *,
        coalesce(stored_previous_at > lagging_at, lagging_at is null) as is_previous_stored,
        coalesce(stored_next_at < leading_at, leading_at is null) as is_next_stored
    from paired

),

neighboured as (

    select
        *,
        case when is_previous_stored then stored_previous_at else lagging_at end
            as previous_opened_at,
        case when is_previous_stored then stored_previous_id else lagging_id end
            as previous_last_trade_id,
        case when is_previous_stored then stored_previous_ns else lagging_ns end
            as previous_traded_at_ns,
        case when is_next_stored then stored_next_at else leading_at end as next_opened_at,
        case when is_next_stored then stored_next_id else leading_id end
            as next_first_trade_id,
        case when is_next_stored then stored_next_ns else leading_ns end
            as next_traded_at_ns
    from linked

),

judged as (

    select
        *,
        coalesce(
            missing_inside_count = 0
            and not is_overlapping
            and previous_last_trade_id + 1 = first_trade_id
            and last_trade_id + 1 = next_first_trade_id,
            false
        ) as is_unbroken
    from neighboured

),

rebuilt as (

    select
        {{ key }},
        open::numeric(38, 18) as open,
        high::numeric(38, 18) as high,
        low::numeric(38, 18) as low,
        close::numeric(38, 18) as close,
        {{ fitting('base_volume') }} as base_volume,
        {{ fitting('quote_volume', 'numeric(76, 36)') }} as quote_volume,
        trades_count,
        {{ fitting('taker_buy_base') }} as taker_buy_base,
        {{ fitting('taker_buy_quote', 'numeric(76, 36)') }} as taker_buy_quote,
        first_trade_id,
        last_trade_id,
        missing_inside_count,
        is_overlapping,
        breaks,
        first_traded_at_ns,
        last_traded_at_ns,
        is_quote_given,
        previous_opened_at,
        previous_last_trade_id,
        previous_traded_at_ns,
        next_opened_at,
        next_first_trade_id,
        next_traded_at_ns,
        is_unbroken,
        case when is_unbroken then 'confirmed' else 'provisional' end as evidence_grade,
        venue_now_ms,
        {{ own_batch() }} as changed_in
    from judged

)

select * from rebuilt
