"""What a venue holds, as exact integers: amounts and prices count units of 1e-8."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Literal, NamedTuple

E8 = 10**8
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

# Wide enough for any price or volume that a file may spell out; Decimal's default
# of 28 digits is not.
_EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
_UNIT = Decimal(1).scaleb(-8)


class Trade(NamedTuple):
    """One fill; `order_id` is the taker's order, which Binance aggregates by."""

    trade_id: int
    order_id: int
    traded_at_ns: int
    side: Literal["buy", "sell"]
    price: int
    amount: int

    @property
    def traded_at_ms(self) -> int:
        """The stamp as venues that count milliseconds give it."""
        return self.traded_at_ns // 1_000_000


class Candle(NamedTuple):
    """A minute or a longer bucket; None: the feed cannot know this field."""

    opened_at_ms: int
    open: int
    high: int
    low: int
    close: int
    base_volume: int
    quote_volume: int | None
    trades_count: int | None
    taker_buy_base: int | None
    taker_buy_quote: int | None
    vwap: int | None


@dataclass(frozen=True)
class Instrument:
    """A pair or a contract on one, and the grid its prices and amounts lie on.

    A contract is named as ccxt names it: `BTC/USDT:USDT`, `BTC/USD:BTC-241227`.
    `contract_size` is what one contract of an inverse one is worth in the quote; its
    amounts are counted in contracts.
    """

    symbol: str
    price_decimals: int = 8
    amount_decimals: int = 8
    is_active: bool = True
    contract_size: int | None = None

    @property
    def base(self) -> str:
        """The asset that is bought and sold."""
        return self.symbol.split("/")[0]

    @property
    def quote(self) -> str:
        """The asset it is paid with."""
        return self.symbol.split("/")[1].split(":")[0]

    @property
    def settle(self) -> str | None:
        """The asset a contract settles in; None: a spot pair."""
        _, _, terms = self.symbol.partition(":")
        return terms.split("-")[0] or None

    @property
    def expiry(self) -> str | None:
        """A dated contract's day as `yymmdd`; None: it has none."""
        _, _, terms = self.symbol.partition(":")
        return terms.partition("-")[2] or None

    @property
    def tick(self) -> int:
        """The least step of a price, in units of 1e-8."""
        return int(E8 // 10**self.price_decimals)

    @property
    def lot(self) -> int:
        """The least step of an amount, in units of 1e-8."""
        return int(E8 // 10**self.amount_decimals)

    def other_side(self, price: int, amount: int) -> int:
        """What an amount costs in the quote; of an inverse contract, in the base."""
        if self.contract_size is None:
            return rounded(price * amount, E8)
        return rounded(amount * self.contract_size * E8, price)


def flat(opened_at_ms: int, price: int) -> Candle:
    """A minute without trades, as venues that send such minutes send them."""
    return Candle(opened_at_ms, price, price, price, price, 0, 0, 0, 0, 0, 0)


def parse_e8(text: str) -> int:
    """A decimal text in units of 1e-8, rounded half-even from the text itself.

    Raises:
        ValueError: the text is not a finite decimal number.
    """
    try:
        value = Decimal(text.strip())
        return int(value.quantize(_UNIT, context=_EXACT).scaleb(8, context=_EXACT))
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a decimal number") from None


def rounded(numerator: int, denominator: int) -> int:
    """The nearest integer to the ratio of two non-negative integers, half to even."""
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient % 2):
        return quotient + 1
    return quotient


def fixed(value: int, places: int = 8) -> str:
    """The decimal text with that many places (at most 8), rounded half-even."""
    if places == 8 and value >= 0:  # noqa: PLR2004 (what E8 counts; most calls)
        return f"{value // E8}.{value % E8:08d}"
    sign, size = ("-", -value) if value < 0 else ("", value)
    if places < 8:  # noqa: PLR2004 (what E8 counts)
        size = rounded(size, 10 ** (8 - places))
    whole, part = divmod(size, 10**places)
    return f"{sign}{whole}.{part:0{places}d}" if places else f"{sign}{whole}"


def shortest(value: int) -> str:
    """The decimal text without trailing zeros, for JSON numbers."""
    text = fixed(value)
    return text.rstrip("0").rstrip(".")
