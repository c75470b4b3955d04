"""What an operator chose: what to collect, budget shares, thresholds.

One typed interface. The choices are the rows of the warehouse's schema `config`, which
begins with those of `seeds/config_*.csv`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal

Priority = Literal["live", "history"]
DEFAULT_FEED = "candles"  # the column's default, too

Feed = str  # one that a source declares: `pipelines.sources.feeds`
MarketType = Literal["spot", "swap", "future", "option"]
ProofLevel = Literal["standard", "full"]
RpcProvider = Literal["alchemy", "infura", "own", "quicknode"]  # whose units are known
# what an endpoint of a chain may be without
Lack = Literal["batches", "block_receipts", "receipts_by_hash", "tags"]
Timeframe = Literal["1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d", "1w", "1M"]

DURATION = re.compile(
    r"-P(?=.)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?"
)


@dataclass(frozen=True)
class Since:
    """Where a series begins: at a time, so long before the venue's now, at a number."""

    at: datetime | None = None
    before_now: timedelta | None = None
    number: int = 0  # of an axis that is no time

    def instant_ms(self, venue_now_ms: int) -> int:
        """The time itself, as milliseconds since 1970 by the venue's clock."""
        ago = self.before_now or timedelta()
        begin = datetime.fromtimestamp(venue_now_ms / 1000, UTC) - ago
        return int((self.at or begin).timestamp() * 1000)

    def from_ms(self, venue_now_ms: int) -> int:
        """The first minute that begins no earlier."""
        begin_ms = self.instant_ms(venue_now_ms)
        return begin_ms + -begin_ms % 60_000

    def from_number(self, now: int) -> int:
        """The number; below 0 it is so many before `now`, where the axis ends."""
        return self.number if self.number >= 0 else max(0, now + self.number)


@dataclass(frozen=True)
class ExchangeChoice:
    """A venue: whether it is asked at all, and for which share of its limit."""

    exchange_id: str
    is_enabled: bool
    budget_share: float
    market_types: Sequence[MarketType] = ("spot",)


@dataclass(frozen=True)
class InstrumentChoice:
    """A series to collect; `live` goes before `history` in the venue's queue."""

    exchange_id: str
    symbol: str
    since: Since
    priority: Priority
    is_enabled: bool
    feeds: Sequence[Feed] = (DEFAULT_FEED,)
    timeframes: Sequence[Timeframe] = ("1m",)


@dataclass(frozen=True)
class EndpointChoice:
    """An endpoint, by the setting that holds its address or secret."""

    endpoint: str
    setting: str
    is_enabled: bool


@dataclass(frozen=True)
class ChainChoice:
    """An EVM chain.

    Attributes:
        finality: how deep a block counts as final; None: its nodes name the block.
        since_block: its first block; below 0, so many before the head.
    """

    chain: str
    chain_id: int
    is_enabled: bool
    block_time_s: float
    finality: int | None
    since_block: int
    proof_level: ProofLevel
    budget_share: float


@dataclass(frozen=True)
class ChainEndpointChoice:
    """An endpoint of a chain; a number of 0 is no limit.

    Attributes:
        list_position: of its address in the chain's setting, from 1 on.
        precedence: the lowest is asked first.
        lacks: what it does not have, beside what is learnt of it.
    """

    chain: str
    endpoint: str
    list_position: int = 1
    precedence: int = 1
    is_enabled: bool = True
    provider: RpcProvider = "own"
    batch_size: int = 100
    calls_per_second: float = 0.0
    units_per_second: float = 0.0
    units_per_day: int = 0
    units_per_month: int = 0
    lacks: Sequence[Lack] = ()


@dataclass(frozen=True)
class SentimentFeedChoice:
    """What a source of sentiment is asked about; `-`: nothing in particular."""

    source: str
    endpoint: str
    subject: str
    is_enabled: bool = True


@dataclass(frozen=True)
class Thresholds:
    """Numbers an operator may turn; `config_thresholds.csv` says what each means.

    A default counts where the operator has no row of it.
    """

    reread_candles: int = 10
    holes_per_load: int = 20
    listing_max_age_hours: int = 24
    request_timeout_seconds: int = 20
    attempts: int = 5
    patience_seconds: int = 90
    breaker_failures: int = 10
    breaker_cool_down_seconds: int = 30
    freshness_minutes: int = 90
    reorg_window_blocks: int = 64
    compared_one_block_in: int = 100
    order_book_levels: int = 100
    order_book_seconds: int = 60
    order_book_budget_pct: int = 50


@dataclass(frozen=True)
class Configuration:
    """All of the operator's choices."""

    exchanges: Mapping[str, ExchangeChoice]
    instruments: Sequence[InstrumentChoice]
    thresholds: Thresholds
    endpoints: Mapping[str, EndpointChoice] = field(default_factory=dict)
    chains: Mapping[str, ChainChoice] = field(default_factory=dict)
    chain_endpoints: Sequence[ChainEndpointChoice] = ()
    sentiment_feeds: Sequence[SentimentFeedChoice] = ()

    @cached_property
    def series(self) -> Mapping[tuple[str, str], InstrumentChoice]:
        """The instruments by exchange and symbol."""
        return {(c.exchange_id, c.symbol): c for c in self.instruments}


def parse_time(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is UTC.

    Raises:
        ValueError: it is none.
    """
    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is not an ISO 8601 time such as 2024-01-31T00:00Z"
        ) from None


def parse_since(text: str) -> Since:
    """A time, or a duration before the venue's now such as `-P1D` or `-PT12H`.

    Raises:
        ValueError: it is neither.
    """
    if not text.startswith("-P"):
        return Since(at=parse_time(text))
    match = DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a duration such as -P1D or -PT12H")
    parts = {unit: int(n) for unit, n in match.groupdict().items() if n}
    return Since(before_now=timedelta(**parts))


def parse_feeds(text: str) -> tuple[Feed, ...]:
    """Feeds with spaces between them, by name; the default one where there are none."""
    return tuple(sorted(set(text.split()))) or (DEFAULT_FEED,)
