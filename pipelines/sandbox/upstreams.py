"""The simulated upstreams: venues with their limits, archives, and their addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pipelines.sandbox.archive.host import ROOT as ARCHIVE
from pipelines.sandbox.archive.host import Archive
from pipelines.sandbox.archive.tree import Format
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.disturbed import Disturbed
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.feed import Feed, Series
from pipelines.sandbox.limits import Bucket, Limit, Unlimited, Window
from pipelines.sandbox.sentiment.host import SOURCES
from pipelines.sandbox.venues.binance import Binance
from pipelines.sandbox.venues.binance_limits import BINANCE, BINANCE_US
from pipelines.sandbox.venues.bybit import Bybit
from pipelines.sandbox.venues.coinbase import Coinbase
from pipelines.sandbox.venues.deribit import Deribit
from pipelines.sandbox.venues.kraken import Kraken
from pipelines.sandbox.venues.kraken_futures import KrakenFutures
from pipelines.sandbox.venues.okx import Okx
from pipelines.sandbox.venues.venue import Venue

EXCHANGE_IDS = (
    *("binance", "binance_us", "kraken", "coinbase"),
    *("kraken_futures", "deribit", "okx", "bybit"),
)
# whose rows make an archive: the others' bulk hosts are of other formats
ARCHIVED = "binance"

# "A frequency of 1 per second (or less)"; how many may come at once is not written,
# three let a client that keeps the rate be a little early:
# https://support.kraken.com/articles/206548367-what-are-the-api-rate-limits-
KRAKEN_PER_SECOND, KRAKEN_BURST = 1, 3
# https://docs.cdp.coinbase.com/exchange/docs/rate-limits
COINBASE_PER_SECOND, COINBASE_BURST = 10, 15
# nothing is written of requests without keys; a client with keys may cost 500 in ten s
# https://docs.kraken.com/api/docs/guides/futures-rate-limits
KRAKEN_FUTURES_PER_SECOND, KRAKEN_FUTURES_BURST = 10, 15
# https://docs.deribit.com/articles/rate-limits
DERIBIT_PER_SECOND, DERIBIT_BURST = 20, 100
# the least of its endpoints': https://www.okx.com/docs-v5/en/#public-data-rest-api
OKX_PER_SECOND, OKX_BURST = 5, 10
# https://bybit-exchange.github.io/docs/v5/rate-limit
BYBIT_PER_SECOND, BYBIT_BURST = 120, 600


@dataclass(frozen=True)
class Upstream:
    """A venue and what it lets a client spend."""

    venue: Venue
    limit: Limit


def upstreams(
    feed: Feed, clock: Clock, faults: Faults, *, full_history: bool, has_limits: bool
) -> dict[str, Upstream]:
    """Every venue by exchange_id; one without data lists nothing."""
    series = {
        name: disturbed(name, feed.get(name, {}), faults) for name in EXCHANGE_IDS
    }
    venues: tuple[tuple[Venue, Limit], ...] = (
        *(
            (Binance(it, series[it.exchange_id], clock), Window(it.weight_limit))
            for it in (BINANCE, BINANCE_US)
        ),
        (
            Kraken(series["kraken"], clock, full_history=full_history),
            Bucket(KRAKEN_PER_SECOND, KRAKEN_BURST),
        ),
        (
            Coinbase(series["coinbase"], clock),
            Bucket(COINBASE_PER_SECOND, COINBASE_BURST),
        ),
        (
            KrakenFutures(series["kraken_futures"], clock),
            Bucket(KRAKEN_FUTURES_PER_SECOND, KRAKEN_FUTURES_BURST),
        ),
        (
            Deribit(series["deribit"], clock),
            Bucket(DERIBIT_PER_SECOND, DERIBIT_BURST),
        ),
        (Okx(series["okx"], clock), Bucket(OKX_PER_SECOND, OKX_BURST)),
        (Bybit(series["bybit"], clock), Bucket(BYBIT_PER_SECOND, BYBIT_BURST)),
    )
    return {
        venue.exchange_id: Upstream(venue, limit if has_limits else Unlimited())
        for venue, limit in venues
    }


def disturbed(
    exchange_id: str, series: Mapping[str, Series], faults: Faults
) -> dict[str, Series]:
    """A venue's series, each with what goes wrong with its market."""
    return {
        symbol: cast("Series", Disturbed(one, exchange_id, faults))
        for symbol, one in series.items()
    }


def archives(
    feed: Feed,
    clock: Clock,
    faults: Faults,
    *,
    recordings: Path | None,
    written: Format,
    max_keys: int,
) -> dict[str, Archive]:
    """Archives by exchange_id; one with neither rows nor recordings is empty."""
    return {
        name: Archive(
            name,
            feed.get(name, {}) if name == ARCHIVED else {},
            clock,
            faults,
            recorded=recordings / name / "archive" if recordings else None,
            written=written,
            max_keys=max_keys,
        )
        for name in EXCHANGE_IDS
    }


def venue_lines(base_url: str) -> list[str]:
    """The settings that send a loader to this sandbox, one line each."""
    return [f"{name}={url}" for name, url in addresses(base_url).items()]


def addresses(base_url: str) -> dict[str, str]:
    """Each upstream's address by the name of its setting."""
    venues = {
        f"BULLION_{name.upper()}_URL": f"{base_url}/{name}"
        for name in (*EXCHANGE_IDS, *SOURCES)
    }
    return {
        **venues,
        "BULLION_ARCHIVE_URL": f"{base_url}/{ARCHIVED}{ARCHIVE}",
        "BULLION_ETHEREUM_RPC_URLS": f"{base_url}/evm/ethereum/main",
    }
