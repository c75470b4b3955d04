"""The four venues over one feed and one clock, each with its documented limit."""

from dataclasses import dataclass

from pipelines.sandbox.clock import Clock
from pipelines.sandbox.feed import Feed
from pipelines.sandbox.limits import Bucket, Limit, Unlimited, Window
from pipelines.sandbox.venues.binance import Binance
from pipelines.sandbox.venues.binance_limits import BINANCE, BINANCE_US
from pipelines.sandbox.venues.coinbase import Coinbase
from pipelines.sandbox.venues.desk import Venue
from pipelines.sandbox.venues.kraken import Kraken

EXCHANGE_IDS = ("binance", "binance_us", "kraken", "coinbase")

# "A frequency of 1 per second (or less)"; how many may come at once is not written,
# three let a client that keeps the rate be a little early:
# https://support.kraken.com/articles/206548367-what-are-the-api-rate-limits-
KRAKEN_PER_SECOND, KRAKEN_BURST = 1, 3
# https://docs.cdp.coinbase.com/exchange/docs/rate-limits
COINBASE_PER_SECOND, COINBASE_BURST = 10, 15


@dataclass(frozen=True)
class Upstream:
    """A venue and what it lets a client spend."""

    venue: Venue
    limit: Limit


def upstreams(
    feed: Feed, clock: Clock, *, full_history: bool, has_limits: bool
) -> dict[str, Upstream]:
    """Every venue by exchange_id; one without data lists nothing."""
    series = {name: feed.get(name, {}) for name in EXCHANGE_IDS}
    venues: tuple[tuple[Venue, Limit], ...] = (
        (Binance(BINANCE, series["binance"], clock), Window(BINANCE.weight_limit)),
        (
            Binance(BINANCE_US, series["binance_us"], clock),
            Window(BINANCE_US.weight_limit),
        ),
        (
            Kraken(series["kraken"], clock, full_history=full_history),
            Bucket(KRAKEN_PER_SECOND, KRAKEN_BURST),
        ),
        (
            Coinbase(series["coinbase"], clock),
            Bucket(COINBASE_PER_SECOND, COINBASE_BURST),
        ),
    )
    return {
        venue.exchange_id: Upstream(venue, limit if has_limits else Unlimited())
        for venue, limit in venues
    }
