-- Indicators of a series of bars, oldest first: arrays of one length in, a row for each bar
-- out. Periods are parameters, so that others can be tried; a value is null until it has all
-- the bars it is of. `gold.fct_market_features` is made by these, with their defaults, and has
-- the published source of each definition.
create schema if not exists market;

-- What each bar takes over from the one before: averages in which all earlier bars have a
-- weight. Each begins as the mean of its first values; a true range wants a bar before.
-- Given what stood at `after_bar`, the loop goes on from there, to the last bit as in one go;
-- rows up to that bar repeat it. Rows are of `from_bar` and later.
-- In a loop: 780,000 bars a CPU second; a recursive query had 3,700.
create or replace function market.recursions(
    highs double precision[],
    lows double precision[],
    closes double precision[],
    from_bar integer default 1,
    after_bar integer default 0,
    inout ema_short double precision default null,
    inout ema_middle double precision default null,
    inout ema_long double precision default null,
    inout macd_signal double precision default null,
    inout average_gain double precision default null,
    inout average_loss double precision default null,
    inout average_true_range double precision default null,
    short_period integer default 12,
    middle_period integer default 20,
    long_period integer default 26,
    signal_period integer default 9,
    rsi_period integer default 14,
    atr_period integer default 14
)
returns setof record
language plpgsql
immutable
parallel safe
rows 1500
as $$
declare
    short_weight constant double precision := 2.0 / (short_period + 1);
    middle_weight constant double precision := 2.0 / (middle_period + 1);
    long_weight constant double precision := 2.0 / (long_period + 1);
    signal_weight constant double precision := 2.0 / (signal_period + 1);
    macd_bar constant integer := greatest(short_period, long_period);
    -- the bar at which the last of the averages begins
    last_to_begin constant integer := greatest(
        middle_period, macd_bar + signal_period - 1, rsi_period + 1, atr_period + 1
    );
    gains double precision := 0;
    losses double precision := 0;
    ranges double precision := 0;
    macds double precision := 0;
    previous double precision;
    close double precision;
    gain double precision;
    loss double precision;
    true_range double precision;
begin
    for bar in from_bar..after_bar loop
        return next;
    end loop;
    if after_bar > 0 then
        previous := closes[after_bar];
    end if;
    for bar in after_bar + 1..coalesce(cardinality(closes), 0) loop
        close := closes[bar];
        gain := greatest(close - previous, 0);
        loss := greatest(previous - close, 0);
        true_range := greatest(highs[bar], previous) - least(lows[bar], previous);
        -- what has begun: nothing of null is null
        ema_short := ema_short + short_weight * (close - ema_short);
        ema_middle := ema_middle + middle_weight * (close - ema_middle);
        ema_long := ema_long + long_weight * (close - ema_long);
        macd_signal := macd_signal + signal_weight * (ema_short - ema_long - macd_signal);
        average_gain := (average_gain * (rsi_period - 1) + gain) / rsi_period;
        average_loss := (average_loss * (rsi_period - 1) + loss) / rsi_period;
        average_true_range := (average_true_range * (atr_period - 1) + true_range) / atr_period;
        if bar <= last_to_begin and after_bar = 0 then
            ema_short := coalesce(ema_short, market.first_mean(closes, bar, short_period));
            ema_middle := coalesce(ema_middle, market.first_mean(closes, bar, middle_period));
            ema_long := coalesce(ema_long, market.first_mean(closes, bar, long_period));
            if bar >= macd_bar and bar < macd_bar + signal_period then
                macds := macds + (ema_short - ema_long);
                if bar = macd_bar + signal_period - 1 then
                    macd_signal := macds / signal_period;
                end if;
            end if;
            if bar > 1 then
                gains := gains + gain;
                losses := losses + loss;
                ranges := ranges + true_range;
            end if;
            if bar = rsi_period + 1 then
                average_gain := gains / rsi_period;
                average_loss := losses / rsi_period;
            end if;
            if bar = atr_period + 1 then
                average_true_range := ranges / atr_period;
            end if;
        end if;
        previous := close;
        if bar >= from_bar then
            return next;
        end if;
    end loop;
end
$$;

-- The mean of the first bars, at the bar that completes them.
create or replace function market.first_mean(
    closes double precision[], bar integer, period integer
)
returns double precision
language sql
immutable
parallel safe
return case
    when bar = period then (select avg(close) from unnest(closes[1:period]) as firsts (close))
end;

-- All indicators, of `from_bar` and later bars; what has a frame of bars wants them from there
-- on. `state` is what `recursions` gave of bar `after_bar`, in its order. Sums of numeric are
-- exact: they can be taken away from again, and are the same wherever the bars begin.
create or replace function market.indicators(
    highs double precision[],
    lows double precision[],
    closes numeric[],
    volumes numeric[],
    from_bar integer default 1,
    after_bar integer default 0,
    state double precision[] default null,
    sma_period integer default 20,
    volatility_short_period integer default 20,
    volatility_long_period integer default 60,
    short_period integer default 12,
    middle_period integer default 20,
    long_period integer default 26,
    signal_period integer default 9,
    rsi_period integer default 14,
    atr_period integer default 14,
    bollinger_deviations double precision default 2,
    stochastic_period integer default 14,
    smoothing_period integer default 3
)
returns table (
    bar bigint,
    log_return double precision,
    volatility_short double precision,
    volatility_long double precision,
    sma double precision,
    volume_sma double precision,
    ema_short double precision,
    ema_middle double precision,
    ema_long double precision,
    rsi double precision,
    macd double precision,
    macd_signal double precision,
    bollinger_upper double precision,
    bollinger_lower double precision,
    average_true_range double precision,
    stochastic_k double precision,
    stochastic_d double precision,
    average_gain double precision,
    average_loss double precision
)
language sql
immutable
parallel safe
rows 1500
as $$
with

bars as (

    select
        bars.bar,
        bars.close,
        bars.ema_short,
        bars.ema_middle,
        bars.ema_long,
        bars.macd_signal,
        bars.average_gain,
        bars.average_loss,
        bars.average_true_range,
        lag(bars.close) over sma_frame as previous,
        max(bars.high) over stochastic_frame as highest,
        min(bars.low) over stochastic_frame as lowest,
        count(bars.volume) over sma_frame as volumes_count,
        avg(bars.exact_close) over sma_frame as sma,
        var_pop(bars.exact_close) over sma_frame as variance,
        avg(bars.volume) over sma_frame as volume_sma
    from rows from (
        market.recursions(
            highs, lows, closes::double precision[], from_bar, after_bar,
            state[1], state[2], state[3], state[4], state[5], state[6], state[7],
            short_period, middle_period, long_period, signal_period, rsi_period, atr_period
        ),
        unnest(
            highs[from_bar:], lows[from_bar:], (closes::double precision[])[from_bar:],
            closes[from_bar:], volumes[from_bar:]
        )
    ) with ordinality as bars (
        ema_short, ema_middle, ema_long, macd_signal,
        average_gain, average_loss, average_true_range,
        high, low, close, exact_close, volume,
        bar
    )
    window
        sma_frame as (order by bar rows sma_period - 1 preceding),
        stochastic_frame as (order by bar rows stochastic_period - 1 preceding)

),

-- computed once: a frame computes its arguments anew for each row that it holds
returned as materialized (

    select
        bar,
        ema_short,
        ema_middle,
        ema_long,
        macd_signal,
        average_gain,
        average_loss,
        average_true_range,
        case when bar >= sma_period then sma::double precision end as sma,
        sqrt(variance::double precision) as deviation,
        case when volumes_count = sma_period then volume_sma::double precision end as volume_sma,
        case
            when bar < stochastic_period then null
            when highest = lowest then 0
            else 100 * (close - lowest) / (highest - lowest)
        end as stochastic,
        returned.log_return,
        returned.log_return::numeric as exact_return
    from bars
    cross join lateral (
        select
            case when close > 0 and previous > 0 then ln(close / previous) end
                as log_return
    ) as returned

),

framed as (

    select
        returned.*,
        count(exact_return) over short_frame as short_count,
        var_samp(exact_return) over short_frame as short_variance,
        count(exact_return) over long_frame as long_count,
        var_samp(exact_return) over long_frame as long_variance,
        case when bar >= stochastic_period + smoothing_period - 1
            then avg(stochastic) over smoothing_frame
        end as stochastic_k
    from returned
    window
        short_frame as (order by bar rows volatility_short_period - 1 preceding),
        long_frame as (order by bar rows volatility_long_period - 1 preceding),
        smoothing_frame as (order by bar rows smoothing_period - 1 preceding)

)

select
    bar + from_bar - 1,
    log_return,
    case when short_count = volatility_short_period
        then sqrt(short_variance::double precision)
    end,
    case when long_count = volatility_long_period
        then sqrt(long_variance::double precision)
    end,
    sma,
    volume_sma,
    ema_short,
    ema_middle,
    ema_long,
    case when average_loss = 0 then 100 else 100 - 100 / (1 + average_gain / average_loss) end,
    ema_short - ema_long,
    macd_signal,
    sma + bollinger_deviations * deviation,
    sma - bollinger_deviations * deviation,
    average_true_range,
    stochastic_k,
    case when bar >= stochastic_period + 2 * (smoothing_period - 1)
        then avg(stochastic_k) over smoothing_frame
    end,
    average_gain,
    average_loss
from framed
window smoothing_frame as (order by bar rows smoothing_period - 1 preceding)
$$;

revoke all on all functions in schema market from public;
grant usage on schema market to transformer, analyst;
grant execute on all functions in schema market to transformer, analyst;
