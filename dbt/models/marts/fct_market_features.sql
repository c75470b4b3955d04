{%- set series = ['exchange_id', 'symbol', 'timeframe'] -%}
{{ config(
    unique_key=series + ['opened_at'],
    indexes=[{'columns': ['changed_in']}],
) }}

{%- set claims_only = reads_claims_only() -%}
{%- set candles = ref('fct_candles') -%}
{#- what a bar so far back leaves in an average is less than a double's last bit -#}
{%- set look_back_bars = 600 -%}
{#- so many bars before a bar are in the longest of its frames -#}
{%- set framed_bars = 60 -%}
{#- in the order of `market.recursions` -#}
{%- set state = [
    'ema_12', 'ema_20', 'ema_26', 'macd_signal', 'average_gain_14', 'average_loss_14', 'atr_14',
] -%}
{%- set features = [
    'log_return', 'volatility_20', 'volatility_60', 'sma_20', 'volume_sma_20',
    'ema_12', 'ema_20', 'ema_26', 'rsi_14', 'macd', 'macd_signal',
    'bollinger_upper', 'bollinger_lower', 'atr_14', 'stochastic_k', 'stochastic_d',
    'average_gain_14', 'average_loss_14', 'day_volume', 'day_notional',
    'missing_bars_count', 'is_complete',
] -%}

with

{% if claims_only -%}
changed as (

    select
        {{ series | join(',\n        ') }},
        {{ block_start('timeframe', 'opened_at') }} as block_at,
        min(opened_at) as started_at,
        max(opened_at) as last_at
    from {{ candles }}
    where changed_in = any({{ claimed_batches() }})
    group by
        {{ series | join(',\n        ') }},
        {{ block_start('timeframe', 'opened_at') }}

),

-- the later blocks that look back on a changed bar
looking_back as (

    select
        {%- for column in series %}
        changed.{{ column }},
        {%- endfor %}
        followers.block_at,
        followers.block_at as started_at
    from changed
    cross join
        lateral (
            select {{ block_start('found.timeframe', 'found.opened_at') }} as block_at
            from {{ candles }} as found
            where
                {{ same_key('found', 'changed', series) }}
                and found.opened_at > changed.last_at
            order by found.opened_at
            limit {{ look_back_bars }}
        ) as followers
    where followers.block_at > changed.block_at

),

starts as (

    select
        {{ series | join(',\n        ') }},
        block_at,
        started_at
    from changed
    union all
    select * from looking_back

),

segments as (

    select
        {{ series | join(',\n        ') }},
        block_at,
        min(started_at) as started_at
    from starts
    group by
        {{ series | join(',\n        ') }},
        block_at

),

-- where all averages have begun, a segment goes on from the bar before it
begun as (

    select
        segments.*,
        stored.opened_at as state_at,
        array[
            {%- for name in state %}
            stored.{{ name }}{{ "," if not loop.last }}
            {%- endfor %}
        ] as state,
        stored.day_volume as state_volume,
        stored.day_notional as state_notional
    from segments
    left join
        lateral (
            select this_table.*
            from {{ this }} as this_table
            where
                {{ same_key('this_table', 'segments', series) }}
                and this_table.opened_at >= segments.block_at
                and this_table.opened_at < segments.started_at
            order by this_table.opened_at desc
            limit 1
        ) as stored
        on stored.macd_signal is not null

),

{% else -%}
begun as (

    select distinct
        {{ series | join(',\n        ') }},
        {{ block_start('timeframe', 'opened_at') }} as block_at,
        {{ block_start('timeframe', 'opened_at') }} as started_at,
        null::timestamptz as state_at,
        null::double precision [] as state,
        null::numeric as state_volume,
        null::numeric as state_notional
    from {{ candles }}

),

{% endif -%}
-- the others begin with the bars that their block looks back on; a segment's edges are
-- computed once, not for each of its bars
reaching_back as materialized (

    select
        begun.*,
        coalesce(firsts.opened_at, '-infinity') as read_from,
        begun.block_at + {{ block_length('begun.timeframe') }} as read_until,
        case when begun.state_at is null then begun.block_at else begun.started_at end
            as summed_from
    from begun
    left join
        lateral (
            select found.opened_at
            from {{ candles }} as found
            where
                {{ same_key('found', 'begun', series) }}
                and found.opened_at
                < case when begun.state_at is null then begun.block_at else begun.started_at end
            order by found.opened_at desc
            limit
                1
                offset
                case
                    when begun.state_at is null then {{ look_back_bars - 1 }}
                    else {{ framed_bars - 1 }}
                end
        ) as firsts
        on true

),

read as (

    select
        segments.*,
        bars.*
    from reaching_back as segments
    cross join
        lateral (
            select
                array_agg(ordered.opened_at order by ordered.opened_at) as opened_ats,
                array_agg(ordered.high::double precision order by ordered.opened_at) as highs,
                array_agg(ordered.low::double precision order by ordered.opened_at) as lows,
                array_agg(ordered.close order by ordered.opened_at) as closes,
                array_agg(ordered.base_volume order by ordered.opened_at) as volumes,
                array_agg(
                    round({{ paid(
                        'ordered.quote_volume', 'ordered.vwap', 'ordered.base_volume'
                    ) }}, 18)
                    order by ordered.opened_at
                ) as notionals,
                array_agg(ordered.is_complete order by ordered.opened_at) as completes,
                greatest(
                    count(*) filter (where ordered.opened_at < segments.started_at)
                    - {{ framed_bars - 1 }},
                    1
                )::integer as from_bar,
                (
                    count(*) filter (
                        where
                        ordered.opened_at < segments.started_at
                        and segments.state_at is not null
                    )
                )::integer as after_bar
            from (
                select found.*
                from {{ candles }} as found
                where
                    {{ same_key('found', 'segments', series) }}
                    and found.opened_at >= segments.read_from
                    and found.opened_at < segments.read_until
                order by found.opened_at
                offset 0
            ) as ordered
        ) as bars

),

-- what a month's bar adds to `obv`; what a day's bars add up to
computed as (

    select
        {%- for column in series %}
        segments.{{ column }},
        {%- endfor %}
        bars.*
    from read as segments
    cross join
        lateral (
            select
                bars.*,
                indicators.*,
                {{ steps_between(
                    'segments.timeframe', 'first_value(bars.opened_at) over framed', 'bars.opened_at'
                ) }} - count(*) over framed + 1 as missing_bars_count,
                coalesce(
                    bars.volume * sign(bars.close - lag(bars.close) over framed)
                    * (
                        date_trunc('month', bars.opened_at, 'UTC')
                        = date_trunc('month', lag(bars.opened_at) over framed, 'UTC')
                    )::integer,
                    0
                ) as flow,
                coalesce(
                    bars.volume is null
                    and date_trunc('month', bars.opened_at, 'UTC')
                    = date_trunc('month', lag(bars.opened_at) over framed, 'UTC'),
                    false
                ) as is_untold,
                {{ day_sum('volume') }} as day_volume,
                {{ day_sum('notional') }} as day_notional
            from {{ bars_with_indicators('segments') }}
            window
                framed as (order by bars.place rows {{ framed_bars }} preceding),
                today as (
                    partition by date_trunc('day', bars.opened_at, 'UTC')
                    order by bars.place
                )
        ) as bars
    where bars.opened_at >= segments.started_at

),

{% if claims_only -%}
months as (

    select
        {{ series | join(',\n        ') }},
        date_trunc('month', opened_at, 'UTC') as month_at,
        min(opened_at) as first_at
    from computed
    group by
        {{ series | join(',\n        ') }},
        date_trunc('month', opened_at, 'UTC')

),

-- the rest of a month after a bar that is computed anew, and the bar before: of these `obv`
-- alone can move
carried as (

    select
        stored.*,
        stored.obv is null and (stored.is_before or told.base_volume is null) as is_untold
    from months
    cross join
        lateral (
            select
                this_table.*,
                this_table.month_flow
                - coalesce(lag(this_table.month_flow) over (order by this_table.opened_at), 0)
                    as flow,
                lag(this_table.opened_at) over (order by this_table.opened_at) is null
                    as is_before
            from {{ this }} as this_table
            where
                {{ same_key('this_table', 'months', series) }}
                and this_table.opened_at >= coalesce(
                    (
                        select max(earlier.opened_at)
                        from {{ this }} as earlier
                        where
                            {{ same_key('earlier', 'months', series) }}
                            and earlier.opened_at >= months.month_at
                            and earlier.opened_at < months.first_at
                    ),
                    months.first_at
                )
                and this_table.opened_at < {{ bucket_end(none, 'months.month_at') }}
        ) as stored
    left join computed
        on
            {{ same_key('computed', 'stored', series) }}
            and computed.opened_at = stored.opened_at
    left join {{ candles }} as told
        on
            stored.obv is null
            and {{ same_key('told', 'stored', series) }}
            and told.opened_at = stored.opened_at
    where computed.opened_at is null

),

{% endif -%}
bars as (

    select
        {{ (series + ['opened_at'] + features + ['flow', 'is_untold']) | join(',\n        ') }}
    from computed
    {% if claims_only -%}
    union all
    select
        {{ (series + ['opened_at'] + features + ['flow', 'is_untold']) | join(',\n        ') }}
    from carried
    {%- endif %}

),

flowing as (

    select
        *,
        sum(flow) over this_month as month_flow,
        bool_or(is_untold) over this_month as is_month_untold
    from bars
    window
        this_month as (
            partition by
                {{ series | join(',\n                ') }},
                date_trunc('month', opened_at, 'UTC')
            order by opened_at
        )

),

fct_market_features as (

    select
        exchange_id,
        symbol,
        timeframe,
        opened_at,
        log_return,
        volatility_20,
        volatility_60,
        sma_20,
        volume_sma_20,
        ema_12,
        ema_20,
        ema_26,
        rsi_14,
        macd,
        macd_signal,
        macd - macd_signal as macd_histogram,
        bollinger_upper,
        bollinger_lower,
        atr_14,
        stochastic_k,
        stochastic_d,
        (case when not is_month_untold then month_flow end)::double precision as obv,
        (day_notional / nullif(day_volume, 0))::double precision as vwap_day,
        missing_bars_count::bigint as missing_bars_count,
        is_complete,
        average_gain_14,
        average_loss_14,
        month_flow::numeric(60, 18) as month_flow,
        day_volume::numeric(60, 18) as day_volume,
        day_notional::numeric(60, 18) as day_notional,
        {{ own_batch() }} as changed_in
    from flowing

)

select * from fct_market_features
