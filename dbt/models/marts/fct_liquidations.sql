{%- set minute = ['exchange_id', 'symbol', 'minute_at'] -%}
{%- set keys = 'exchange_id, symbol, liquidated_at_ns, liquidation_id' -%}
{%- set trades, orders = ref('stg_exchange__trades'), ref('stg_archive__liquidations') -%}
{%- set files = ref('stg_archive__files') -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'liquidated_at', 'liquidation_id'],
    meta={'lookups': ['contract_sizes'], 'distribution_key': 'symbol'},
    indexes=[{'columns': ['changed_in']}],
) }}

with

touched as (

    {{ touched_units(minute, loads={orders: 'liquidated_at_ms'}) }}
    union
    select distinct
        exchange_id,
        symbol,
        {{ unit_start('minute_at', 'traded_at_ns') }} as minute_at
    from {{ trades }}
    where
        load_id = any({{ claimed_loads() }})
        and liquidation is not null
    union
    select distinct
        exchange_id,
        symbol,
        {{ unit_start('minute_at', 'liquidated_at_ms') }} as minute_at
    from (
        {{ rows_of_other_versions_sql(orders, files, 'liquidations') }}
    ) as other_versions

),

archived as (

    {{ file_readings_sql(rows_of(orders, minute, at='liquidated_at_ms'), files) }}

),

-- each row stands twice in its file, and two orders may be alike
counted as (

    select
        *,
        row_number() over (
            partition by
                load_id, file_id, exchange_id, symbol,
                liquidated_at_ms, order_side, contracts, price, average_price, filled_contracts
            order by line_number
        ) as occurrence
    from archived
    where filled_contracts > 0 and average_price > 0

),

sized as (

    select
        counted.*,
        counted.filled_contracts * sizes.contract_size as notional
    from counted
    left join lateral (
        select sought.contract_size
        from {{ ref('contract_sizes') }} as sought
        where
            sought.exchange_id = counted.exchange_id
            and sought.is_inverse
            and sought.base_asset in (split_part(counted.symbol, '/', 1), '*')
        order by sought.base_asset = '*'
        limit 1
    ) as sizes on true
    where counted.occurrence % 2 = 1

),

-- M: the maker was closed by force, T: the taker was, MT: both were
readings as (

    select
        exchange_id,
        symbol,
        traded_at_ns as liquidated_at_ns,
        trade_id::text as liquidation_id,
        case
            when liquidation = 'MT' then 'both'
            when liquidation in ('T', 'liquidation') and taker_side = 'sell' then 'long'
            when liquidation in ('T', 'liquidation') and taker_side = 'buy' then 'short'
            when liquidation = 'M' and taker_side = 'buy' then 'long'
            when liquidation = 'M' and taker_side = 'sell' then 'short'
        end as closed_side,
        price,
        base_amount,
        null::numeric as contracts,
        coalesce(quote_amount, price * base_amount) as liquidated_value,
        liquidation as reported_as,
        false as is_sealing,
        'rest' as source,
        request_id as reading_id,
        venue_now_ms
    from {{ rows_of(trades, minute, at='traded_at_ns') }}
    where
        load_id in ({{ finished_loads('bronze_exchange') }})
        and liquidation is not null
    union all
    select
        exchange_id,
        symbol,
        liquidated_at_ms * 1000000 as liquidated_at_ns,
        concat_ws(
            ' ',
            order_side,
            trim_scale(filled_contracts),
            trim_scale(contracts),
            trim_scale(average_price),
            trim_scale(price),
            occurrence / 2 + 1
        ) as liquidation_id,
        case order_side when 'SELL' then 'long' when 'BUY' then 'short' end as closed_side,
        average_price as price,
        {{ fitting('round(' ~ ratio('notional', 'average_price') ~ ', 18)') }} as base_amount,
        filled_contracts as contracts,
        notional as liquidated_value,
        order_side as reported_as,
        is_sealing,
        'archive' as source,
        file_id as reading_id,
        case when is_sealing then published_at_ms else 0 end as venue_now_ms
    from sized

),

compared as (

    select
        *,
        min(array[price, base_amount]) over one_liquidation
        != max(array[price, base_amount]) over one_liquidation
        or coalesce(
            min(closed_side) over one_liquidation != max(closed_side) over one_liquidation,
            false
        ) as is_contradicted
    from readings
    window one_liquidation as (partition by {{ keys }})

),

chosen as (

    select distinct on ({{ keys }}) *
    from compared
    order by
        {{ keys }},
        is_sealing desc,
        venue_now_ms desc,
        price desc,
        base_amount desc nulls last,
        closed_side desc nulls last,
        reading_id collate "C" desc

),

liquidations as (

    select
        exchange_id,
        symbol,
        {{ time_of_ns('liquidated_at_ns') }} as liquidated_at,
        liquidation_id,
        closed_side,
        price::numeric(38, 18) as price,
        base_amount::numeric(38, 18) as base_amount,
        contracts::numeric(38, 18) as contracts,
        {{ fitting('round(liquidated_value, 18)') }} as liquidated_value,
        reported_as,
        case when is_sealing then 'sealed' else 'closed' end as evidence_grade,
        source,
        reading_id,
        is_contradicted,
        {{ own_batch() }} as changed_in
    from chosen

)

select * from liquidations
