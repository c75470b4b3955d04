"""Bodies of Deribit's market data; of what settles in its base amounts are dollars.

https://docs.deribit.com/api-reference/market-data/public-ticker
"""

from collections.abc import Sequence

from pipelines.sandbox.book import book_at, last_price
from pipelines.sandbox.feed import Settlement
from pipelines.sandbox.market import HOUR_MS, Candle, Trade, shortest
from pipelines.sandbox.venues.deribit_options import TICK, Option, Quote
from pipelines.sandbox.venues.venue import last_day
from pipelines.sandbox.view import View

_NEVER_MS = 32_503_708_800_000  # when a perpetual expires
_LISTED_MS = 1_534_242_287_000
_PRICES = ("open", "high", "low", "close")
_LIQUIDATED = {0: "T", 1: "M", 2: "MT"}
_ONE_IN = 30  # trades of which three are liquidations


def _number(value: int | None) -> float:
    """As the venue sends numbers: without quotes."""
    return float(shortest(value or 0))


def _name(view: View) -> str:
    one = view.instrument
    return f"{one.base}{'' if one.contract_size else '_' + one.quote}-PERPETUAL"


def perpetual(name: str, view: View) -> dict[str, object]:
    """A listed perpetual."""
    one = view.instrument
    return {
        "instrument_name": name,
        "kind": "future",
        "future_type": "reversed" if one.contract_size else "linear",
        "settlement_period": "perpetual",
        "base_currency": one.base,
        "counter_currency": one.quote,
        "quote_currency": one.quote,
        "settlement_currency": one.settle,
        "expiration_timestamp": _NEVER_MS,
        "creation_timestamp": _LISTED_MS,
        "tick_size": _number(one.tick),
        "min_trade_amount": _number(one.lot),
        "contract_size": _number(one.lot),
        "maker_commission": 0.0,
        "taker_commission": 0.0005,
        "is_active": one.is_active,
        "state": "open",
    }


def option(one: Option) -> dict[str, object]:
    """A listed option."""
    base = one.view.instrument.base
    return {
        "instrument_name": one.name,
        "kind": "option",
        "option_type": "call" if one.right == "C" else "put",
        "strike": float(one.strike),
        "settlement_period": "week",
        "base_currency": base,
        "counter_currency": one.view.instrument.quote,
        "quote_currency": base,
        "settlement_currency": base,
        "expiration_timestamp": one.expires_ms,
        "creation_timestamp": _LISTED_MS,
        "tick_size": TICK,
        "min_trade_amount": 0.1,
        "contract_size": 1.0,
        "maker_commission": 0.0003,
        "taker_commission": 0.0003,
        "is_active": True,
        "state": "open",
    }


def candles(rows: Sequence[Candle], *, is_inverse: bool) -> dict[str, object]:
    """A list a column."""
    counted = [row.base_volume for row in rows]
    other = [row.quote_volume for row in rows]
    volumes = (other, counted) if is_inverse else (counted, other)
    columns = {name: [getattr(row, name) for row in rows] for name in _PRICES}
    columns |= dict(zip(("volume", "cost"), volumes, strict=True))
    return {
        "status": "ok" if rows else "no_data",
        "ticks": [row.opened_at_ms for row in rows],
        **{name: [_number(cell) for cell in cells] for name, cells in columns.items()},
    }


def trade(view: View, one: Trade) -> dict[str, object]:
    """A trade; one in ten was forced."""
    side = _LIQUIDATED.get(one.trade_id % _ONE_IN)
    return {
        "trade_seq": one.trade_id,
        "trade_id": f"{view.instrument.base}-{one.trade_id + 10**8}",
        "timestamp": one.traded_at_ms,
        "tick_direction": 0,
        "price": _number(one.price),
        "mark_price": _number(one.price),
        "index_price": _number(one.price),
        "instrument_name": _name(view),
        "direction": one.side,
        "amount": _number(one.amount),
        "contracts": _number(one.amount),
        **({"liquidation": side} if side else {}),
    }


def funding(view: View, one: Settlement) -> dict[str, object]:
    """What was paid in the hour, and in the eight up to it."""
    stamp = one.settled_at_ms // HOUR_MS * HOUR_MS
    price = _number(view.series.last_close_before(stamp))
    return {
        "timestamp": stamp,
        "index_price": price,
        "prev_index_price": price,
        "interest_1h": float(f"{one.rate}{stamp // HOUR_MS % 9973 + 1:06d}") / 8,
        "interest_8h": float(one.rate),
    }


def summary(one: View | Option, now_ms: int) -> dict[str, object]:
    """A line of a book summary: of an option without greeks and amounts."""
    quote = _quote(one, now_ms)
    of = one.view if isinstance(one, Option) else one
    return {
        **quote.shared,
        "bid_price": quote.bid or None,
        "ask_price": quote.ask,
        "mid_price": None,
        "last": quote.last,
        "volume": quote.volume,
        "base_currency": of.instrument.base,
        "quote_currency": of.instrument.quote,
        "creation_timestamp": now_ms,
    }


def ticker(one: View | Option, now_ms: int) -> dict[str, object]:
    """The best of the book, the mark and the index; of an option its greeks."""
    quote = _quote(one, now_ms)
    return {
        **quote.shared,
        **quote.own,
        "best_bid_price": quote.bid,
        "best_bid_amount": quote.bid_amount,
        "best_ask_price": quote.ask,
        "best_ask_amount": quote.ask_amount,
        "last_price": quote.last,
        "stats": {"volume": quote.volume, "low": None, "high": None},
        "state": "open",
        "timestamp": now_ms,
    }


def order_book(one: View | Option, now_ms: int, depth: int) -> dict[str, object]:
    """What the ticker says, and the levels; of an option the best alone."""
    if isinstance(one, Option):
        quote = one.quote(now_ms)
        version = now_ms
        bids = [[quote.bid, quote.bid_amount]]
        asks = [[quote.ask, quote.ask_amount]]
    else:
        book = book_at(one, now_ms, depth)
        version = book.version
        bids, asks = (
            [[_number(price), _number(amount)] for price, amount, _ in side]
            for side in (book.bids, book.asks)
        )
    sides = {"bids": bids, "asks": asks, "change_id": version}
    return {**ticker(one, now_ms), **sides}


def _quote(one: View | Option, now_ms: int) -> Quote:
    """Mark and index of a contract are the last price."""
    if isinstance(one, Option):
        return one.quote(now_ms)
    book, day = book_at(one, now_ms, 1), last_day(one, now_ms)
    last = _number(last_price(one, now_ms))
    is_inverse = one.instrument.contract_size is not None
    return Quote(
        bid=_number(book.bids[0][0]),
        bid_amount=_number(book.bids[0][1]),
        ask=_number(book.asks[0][0]),
        ask_amount=_number(book.asks[0][1]),
        last=last,
        volume=_number(day.quote_volume if is_inverse else day.volume),
        shared={
            "instrument_name": _name(one),
            "mark_price": last,
            "estimated_delivery_price": last,
            "open_interest": _number(day.volume * 3),
            "current_funding": 0.0,
            "funding_8h": 0.0,
        },
        own={"index_price": last},
    )
