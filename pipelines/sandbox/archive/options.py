"""What the bulk host has of options: a volatility index, and each hour's summaries.

Volatilities are in percent in the one and ratios in the other, which has none of bids.
"""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

from pipelines.sandbox.archive.tree import Place
from pipelines.sandbox.market import DAY_MS, E8, HOUR_MS
from pipelines.sandbox.venues.deribit_options import Option, options
from pipelines.sandbox.view import View

HEADERS = {
    "BVOLIndex": "calc_time,symbol,base_asset,quote_asset,index_value",
    "EOHSummary": "date,hour,symbol,underlying,type,strike,open,high,low,close,"
    "volume_contracts,volume_usdt,best_bid_price,best_ask_price,best_bid_qty,"
    "best_ask_qty,best_buy_iv,best_sell_iv,mark_price,mark_iv,delta,gamma,vega,theta,"
    "openinterest_contracts,openinterest_usdt",
}
SECONDS_A_DAY = 86_400
SUMMARIES_A_DAY = 24 * 12


def index(view: View, place: Place) -> Iterator[str]:
    """A value each second: of its hour, and a little of its own."""
    base, quote = view.instrument.base, view.instrument.quote
    names = f"{base}BVOL{quote},{base}BVOL,{quote}"
    for at_ms in range(place.first_day * DAY_MS, place.end_day * DAY_MS, 1000):
        hour = zlib.crc32(f"{base}:{at_ms // HOUR_MS}".encode()) % 200_000
        own = zlib.crc32(f"{base}:{at_ms}".encode()) % 100
        yield f"{at_ms},{names},{40 + (hour + own) / 10_000:.4f}"


def summaries(view: View, place: Place) -> Iterator[str]:
    """Every option's hour, by the price at its end."""
    for start_ms in range(place.first_day * DAY_MS, place.end_day * DAY_MS, HOUR_MS):
        forward = view.series.last_close_before(start_ms + HOUR_MS)
        for option in options(view, start_ms):
            yield _summary(option, start_ms, forward or E8)


def _summary(option: Option, start_ms: int, forward: int) -> str:
    said = option.quote(start_ms + HOUR_MS, forward)
    price, greeks = forward / E8, said.own["greeks"]
    hour, expires = (
        datetime.fromtimestamp(at // 1000, UTC) for at in (start_ms, option.expires_ms)
    )
    strike = f"{expires:%y%m%d}-{option.strike}"
    base = option.view.instrument.base
    mark, iv = (float(str(said.shared[name])) for name in ("mark_price", "mark_iv"))
    held = float(str(said.shared["open_interest"]))
    cells = (
        *(f"{hour:%Y-%m-%d}", hour.hour, f"{base}-{strike}-{option.right}"),
        *(base + option.view.instrument.quote, option.right, strike),
        *("0E-8",) * 6,  # nothing was traded
        *(f"{said.bid * price:.2f}", f"{said.ask * price:.2f}"),
        *(said.bid_amount, said.ask_amount, "", f"{(iv + 1) / 100:.4f}"),
        *(f"{mark * price:.4f}", f"{iv / 100:.4f}"),
        *(f"{greeks[name]:.8f}" for name in ("delta", "gamma", "vega", "theta")),
        *(f"{held:.1f}", f"{held * price:.2f}"),
    )
    return ",".join(map(str, cells))
