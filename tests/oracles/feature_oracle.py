"""What market features must be by their definitions, in plain Python.

Nothing is cut into blocks: an average's memory is the whole series before the bar.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import fmean, pstdev, stdev

from tests.histories.bar_histories import LENGTHS, Bar

Column = list[float | None]
LOOK_BACK, BLOCK = 600, 1440


def features(bars: Sequence[Bar]) -> dict[str, Column]:
    """Each column of a series whose bars are in order of time."""
    closes = [float(bar.close) for bar in bars]
    known = [bar.base_volume for bar in bars]
    volumes = [None if volume is None else Fraction(volume) for volume in known]
    returns = [None, *(math.log(b / a) for a, b in pairwise(closes))]
    ema_12, ema_20, ema_26 = (ema(closes, period) for period in (12, 20, 26))
    macd = [
        none_or(lambda a, b: a - b, a, b) for a, b in zip(ema_12, ema_26, strict=True)
    ]
    signal = ema(macd, 9)
    gains, losses = changes(closes, 1), changes(closes, -1)
    gain, loss = wilder(gains, 14), wilder(losses, 14)
    k = framed(stochastic(bars, 14), 3, fmean)
    sma = framed([Fraction(bar.close) for bar in bars], 20, mean)
    deviation = framed([bar.close for bar in bars], 20, pstdev)
    return {
        "log_return": returns,
        "volatility_20": framed(returns, 20, stdev),
        "volatility_60": framed(returns, 60, stdev),
        "sma_20": sma,
        "volume_sma_20": framed(volumes, 20, mean),
        "ema_12": ema_12,
        "ema_20": ema_20,
        "ema_26": ema_26,
        "rsi_14": [none_or(strength, a, b) for a, b in zip(gain, loss, strict=True)],
        "macd": macd,
        "macd_signal": signal,
        "macd_histogram": [
            none_or(lambda a, b: a - b, a, b) for a, b in zip(macd, signal, strict=True)
        ],
        "bollinger_upper": [
            none_or(lambda m, d: m + 2 * d, m, d)
            for m, d in zip(sma, deviation, strict=True)
        ],
        "bollinger_lower": [
            none_or(lambda m, d: m - 2 * d, m, d)
            for m, d in zip(sma, deviation, strict=True)
        ],
        "atr_14": wilder(true_ranges(bars), 14),
        "stochastic_k": k,
        "stochastic_d": framed(k, 3, fmean),
        "obv": on_balance_volume(bars),
        "vwap_day": day_vwap(bars),
        "missing_bars_count": missing(bars),
        "average_gain_14": gain,
        "average_loss_14": loss,
    }


def none_or(combine, *values):
    """What is made of the values; None if one of them is not there."""
    return None if None in values else float(combine(*map(float, values)))


def mean(values):
    """The exact mean, rounded once."""
    return float(sum(values) / len(values))


def framed(values, period, combine) -> Column:
    """What `combine` makes of the last `period` values, where all are there."""
    made: Column = []
    for end in range(1, len(values) + 1):
        frame = values[max(0, end - period) : end]
        whole = len(frame) == period and None not in frame
        made.append(float(combine(frame)) if whole else None)
    return made


def recursion(values, period, weight) -> Column:
    """The mean of the first `period` values, then each in it with the weight."""
    made: Column = []
    firsts: list[float] = []
    for value in values:
        if value is None or len(firsts) < period - 1:
            made.append(None)
            firsts += [] if value is None else [value]
        elif len(firsts) == period - 1:
            firsts.append(value)
            made.append(fmean(firsts))
        else:
            made.append((1 - weight) * made[-1] + weight * value)
    return made


def ema(values, period) -> Column:
    return recursion(values, period, 2 / (period + 1))


def wilder(values, period) -> Column:
    return recursion(values, period, 1 / period)


def strength(gain, loss):
    return 100 if loss == 0 else 100 * gain / (gain + loss)


def changes(closes, sign) -> Column:
    """What closes rose (1) or fell (-1), the first bar without."""
    pairs = pairwise(closes)
    return [None, *(max(0.0, sign * (b - a)) for a, b in pairs)]


def true_ranges(bars) -> Column:
    pairs = pairwise(bars)
    return [
        None,
        *(
            float(max(b.high - b.low, abs(b.high - a.close), abs(b.low - a.close)))
            for a, b in pairs
        ),
    ]


def stochastic(bars, period) -> Column:
    """Raw %K."""
    made: Column = []
    for end in range(1, len(bars) + 1):
        frame = bars[max(0, end - period) : end]
        low, high = min(b.low for b in frame), max(b.high for b in frame)
        ranged = high > low
        raw = 100 * (frame[-1].close - low) / (high - low) if ranged else 0
        made.append(float(raw) if len(frame) == period else None)
    return made


def on_balance_volume(bars) -> Column:
    made: Column = []
    total, before, is_told = Decimal(0), None, True
    for bar in bars:
        month = (bar.opened_at.year, bar.opened_at.month)
        if before and (before.opened_at.year, before.opened_at.month) == month:
            step = (bar.close > before.close) - (bar.close < before.close)
            total += step * (bar.base_volume or 0)
            is_told = is_told and bar.base_volume is not None
        else:
            total = Decimal(0)
            is_told = True
        before = bar
        made.append(float(total) if is_told else None)
    return made


def day_vwap(bars) -> Column:
    made: Column = []
    date, paid, traded = None, Decimal(0), Decimal(0)
    is_known = True
    for bar in bars:
        if bar.opened_at.date() != date:
            date, paid, traded = bar.opened_at.date(), Decimal(0), Decimal(0)
            is_known = True
        is_told = bar.quote_volume is not None or bar.base_volume == 0
        is_known = is_known and is_told and bar.base_volume is not None
        paid += bar.quote_volume or 0
        traded += bar.base_volume or 0
        made.append(float(paid / traded) if is_known and traded else None)
    return made


def missing(bars) -> Column:
    """Bars that are not there, from the 60th before a bar on."""
    made: Column = []
    for place, bar in enumerate(bars):
        first = max(0, place - 60)
        steps = steps_between(bar.timeframe, bars[first].opened_at, bar.opened_at)
        made.append(steps - (place - first))
    return made


def steps_between(timeframe: str, first: datetime, last: datetime) -> int:
    if timeframe == "1M":
        return 12 * (last.year - first.year) + last.month - first.month
    return int((last - first).total_seconds() / 60 / LENGTHS[timeframe])


def block(bar: Bar) -> int:
    """The number of the block that holds a bar, since a Monday."""
    days = LENGTHS.get(bar.timeframe, 43_200)
    since = bar.opened_at - datetime(1970, 1, 5, tzinfo=bar.opened_at.tzinfo)
    return since.days // days


def named(bars: Sequence[Bar], changed: set[datetime]) -> Iterator[datetime]:
    """Of a series, the bars that may be computed anew after these have changed."""
    last = -LOOK_BACK - 1  # the place of the newest changed bar before a block
    is_named, number, newest = False, None, last
    for place, bar in enumerate(bars):
        if block(bar) != number:
            number, last = block(bar), newest
            is_named = place - last <= LOOK_BACK
        if bar.opened_at in changed:
            is_named, newest = True, place
        if is_named:
            yield bar.opened_at
