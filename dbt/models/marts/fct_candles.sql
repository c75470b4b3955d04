{{ config(
    unique_key=['exchange_id', 'symbol', 'timeframe', 'opened_at'],
    indexes=[{'columns': ['changed_in']}],
) }}

{%- set hour = ['exchange_id', 'symbol', 'hour_at'] -%}
{%- set claims_only = reads_claims_only() -%}
{%- set ladder = timeframe_ladder() -%}
{%- set short_steps = [{'timeframe': '1m', 'name': '1m', 'minutes_count': 1}] -%}
{%- set long_steps = [] -%}
{%- set names = {'1m': '1m'} -%}
{%- for step in ladder -%}
{%- do names.update({step.timeframe: step.name}) -%}
{%- do (short_steps if 1 <= (step.minutes_count or 0) <= 60 else long_steps).append(step) -%}
{%- endfor %}

with

-- all that is shorter than an hour is made from its minutes
touched as (

    {{ touched_units(hour, batches={
        ref('int_candles_chosen'): 'opened_at',
        ref('int_minutes_accounted'): 'hour_at',
    }) }}

),

minutes as (

    select * from {{ rows_of(ref('int_candles_chosen'), hour, at='opened_at') }}

),

hours as (

    select * from {{ rows_of(ref('int_minutes_accounted'), hour) }}

),

-- what was paid for a minute: the venue's quote volume, or else its own vwap's
candles_1m as (

    select
        exchange_id,
        symbol,
        opened_at,
        opened_at + interval '1 minute' as ended_at,
        open,
        high,
        low,
        close,
        base_volume,
        quote_volume,
        trades_count::numeric as trades_count,
        taker_buy_base,
        taker_buy_quote,
        {{ paid('quote_volume', 'vwap', 'base_volume') }} as notional,
        {{ evidence_rank('evidence_grade') }} as evidence_rank,
        1::numeric as minutes_count,
        source,
        is_filled_from_trades
    from minutes

),

{% for step in ladder -%}
{%- set lower = 'candles_' ~ names[step.rolled_up_from] -%}
{%- set notional = sum_unless_missing('notional') -%}
{%- if step not in short_steps or step.minutes_count >= 60 -%}
{#- as the stored row says it, of which an increment makes longer buckets -#}
{%- set volume = sum_unless_missing('base_volume') -%}
{%- set notional = paid(
    fitting(sum_unless_missing('quote_volume')),
    fitting('round(' ~ notional ~ ' / nullif(' ~ volume ~ ', 0), 18)'),
    fitting(volume),
) -%}
{%- endif -%}
{%- if claims_only and step in long_steps -%}
touched_{{ step.name }} as (

    select distinct
        exchange_id,
        symbol,
        {{ bucket_start(step.minutes_count, 'hour_at') }} as opened_at
    from touched

),

-- what the touched buckets hold beside the touched parts is stored already
parts_of_{{ step.name }} as (

    select * from {{ lower }}
    union all
    select
        stored.exchange_id,
        stored.symbol,
        stored.opened_at,
        stored.opened_at as ended_at,
        stored.open,
        stored.high,
        stored.low,
        stored.close,
        stored.base_volume,
        stored.quote_volume,
        stored.trades_count,
        stored.taker_buy_base,
        stored.taker_buy_quote,
        {{ paid('stored.quote_volume', 'stored.vwap', 'stored.base_volume') }} as notional,
        {{ evidence_rank('stored.evidence_grade') }} as evidence_rank,
        stored.minutes_count,
        stored.source,
        stored.is_filled_from_trades
    from touched_{{ step.name }} as touched
    cross join
        lateral (
            select this_table.*
            from {{ this }} as this_table
            where
                this_table.exchange_id = touched.exchange_id
                and this_table.symbol = touched.symbol
                and this_table.timeframe = '{{ step.rolled_up_from }}'
                and this_table.opened_at >= touched.opened_at
                and this_table.opened_at
                < {{ bucket_end(step.minutes_count, 'touched.opened_at') }}
            order by this_table.opened_at
            offset 0
        ) as stored
    where not exists (
        select 1
        from {{ lower }} as made
        where
            made.exchange_id = stored.exchange_id
            and made.symbol = stored.symbol
            and made.opened_at = stored.opened_at
    )

),

{%- set lower = 'parts_of_' ~ step.name %}

{% endif -%}
candles_{{ step.name }} as (

    select
        exchange_id,
        symbol,
        {{ bucket_start(step.minutes_count, 'opened_at') }} as opened_at,
        {{ bucket_end(step.minutes_count, bucket_start(step.minutes_count, 'opened_at')) }}
            as ended_at,
        (array_agg(open order by opened_at))[1] as open,
        max(high) as high,
        min(low) as low,
        (array_agg(close order by opened_at desc))[1] as close,
        {{ sum_unless_missing('base_volume') }} as base_volume,
        {{ sum_unless_missing('quote_volume') }} as quote_volume,
        {{ sum_unless_missing('trades_count') }} as trades_count,
        {{ sum_unless_missing('taker_buy_base') }} as taker_buy_base,
        {{ sum_unless_missing('taker_buy_quote') }} as taker_buy_quote,
        {{ notional }} as notional,
        min(evidence_rank) as evidence_rank,
        sum(minutes_count) as minutes_count,
        case when min(source) = max(source) then min(source) else 'mixed' end as source,
        bool_or(is_filled_from_trades) as is_filled_from_trades
    from {{ lower }}
    group by
        exchange_id,
        symbol,
        {{ bucket_start(step.minutes_count, 'opened_at') }}

),

{% endfor -%}
short_candles as (

    {% for step in short_steps -%}
    select
        '{{ step.timeframe }}' as timeframe,
        {{ step.minutes_count }} as timeframe_minutes,
        candles.*
    from candles_{{ step.name }} as candles
    {% if not loop.last %}union all
    {% endif -%}
    {%- endfor %}

),

long_candles as (

    {% for step in long_steps -%}
    select
        '{{ step.timeframe }}' as timeframe,
        candles.*
    from candles_{{ step.name }} as candles
    {% if not loop.last %}union all
    {% endif -%}
    {%- endfor %}

),

short_settled as (

    select
        candles.timeframe,
        candles.exchange_id,
        candles.symbol,
        candles.opened_at,
        candles.open,
        candles.high,
        candles.low,
        candles.close,
        candles.base_volume,
        candles.quote_volume,
        candles.trades_count,
        candles.taker_buy_base,
        candles.taker_buy_quote,
        candles.notional,
        candles.evidence_rank,
        candles.minutes_count,
        candles.source,
        candles.is_filled_from_trades,
        coalesce(
            (hours.settled_mask >> extract(minute from candles.opened_at)::integer)
            & ((1::bigint << candles.timeframe_minutes) - 1)
            = (1::bigint << candles.timeframe_minutes) - 1,
            false
        ) as is_complete
    from short_candles as candles
    left join hours
        on
            candles.exchange_id = hours.exchange_id
            and candles.symbol = hours.symbol
            and {{ bucket_start(60, 'candles.opened_at') }} = hours.hour_at

),

long_settled as (

    select
        candles.timeframe,
        candles.exchange_id,
        candles.symbol,
        candles.opened_at,
        candles.open,
        candles.high,
        candles.low,
        candles.close,
        candles.base_volume,
        candles.quote_volume,
        candles.trades_count,
        candles.taker_buy_base,
        candles.taker_buy_quote,
        candles.notional,
        candles.evidence_rank,
        candles.minutes_count,
        candles.source,
        candles.is_filled_from_trades,
        coalesce(
            settled.minutes_count
            = extract(epoch from candles.ended_at - candles.opened_at) / 60,
            false
        ) as is_complete
    from long_candles as candles
    cross join lateral (
        select sum(bit_count(accounted.settled_mask::bit(60))) as minutes_count
        from {{ ref('int_minutes_accounted') }} as accounted
        where
            accounted.exchange_id = candles.exchange_id
            and accounted.symbol = candles.symbol
            and accounted.hour_at >= candles.opened_at
            and accounted.hour_at < candles.ended_at
    ) as settled

),

candles as (

    select * from short_settled
    union all
    select * from long_settled

),

fitted as (

    select
        exchange_id,
        symbol,
        timeframe,
        opened_at,
        open,
        high,
        low,
        close,
        {%- for column in ['base_volume', 'quote_volume', 'taker_buy_base', 'taker_buy_quote'] %}
        {{ fitting(column) }} as {{ column }},
        {%- endfor %}
        {{ fitting('trades_count', 'bigint') }} as trades_count,
        notional,
        evidence_rank,
        minutes_count,
        is_complete,
        source,
        is_filled_from_trades
    from candles

),

fct_candles as (

    select
        exchange_id,
        symbol,
        timeframe,
        opened_at,
        open::numeric(38, 18) as open,
        high::numeric(38, 18) as high,
        low::numeric(38, 18) as low,
        close::numeric(38, 18) as close,
        base_volume,
        quote_volume,
        trades_count,
        taker_buy_base,
        taker_buy_quote,
        {{ fitting('round(notional / nullif(base_volume, 0), 18)') }} as vwap,
        {{ evidence_grade('evidence_rank') }} as evidence_grade,
        minutes_count::bigint as minutes_count,
        is_complete,
        source,
        is_filled_from_trades,
        {{ own_batch() }} as changed_in
    from fitted

)

select * from fct_candles
