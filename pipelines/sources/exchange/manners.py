"""How venues are declared to answer for candles: `ops.venue_manners`, a row a market.

Silver compares what they did. A bootstrap writes them.
"""

from collections.abc import Iterator
from typing import LiteralString, NamedTuple

from pipelines.sources.exchange.feeds import CANDLES
from pipelines.sources.exchange.routes import SpanRoute
from pipelines.sources.exchange.venues import DERIVATIVES, VENUES
from pipelines.warehouse import Connection

FORGET: LiteralString = "delete from ops.venue_manners"
ADD: LiteralString = """
insert into ops.venue_manners (
    exchange_id, market, sends_quiet_minutes, window_minutes
)
values (%s, %s, %s, %s)
"""


class Manners(NamedTuple):
    """How a market answers; the window in minutes, None: as far back as it is asked."""

    exchange_id: str
    market: str
    sends_quiet_minutes: bool
    window_minutes: int | None


def declared() -> Iterator[Manners]:
    """The manners of every market that has candles by REST."""
    specs = [*VENUES.values(), *DERIVATIVES.values()]
    for spec in {(s.exchange_id, s.market): s for s in specs}.values():
        route = spec.routes.get(CANDLES.name)
        if isinstance(route, SpanRoute):
            yield Manners(
                spec.exchange_id, spec.market, route.sends_empty, route.window_steps
            )


def write(connection: Connection) -> None:
    """Have these manners stand, and no others."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(FORGET)
        cursor.executemany(ADD, list(declared()))
