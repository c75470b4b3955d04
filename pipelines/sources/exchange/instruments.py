"""A venue's listing: `instruments` (an instrument as listed at a fetch), `quarantine`.

Upstream: the listing route of each market of a venue, parsed by ccxt; one request
gives the complete listing. It is static enough to be kept: bronze has its age.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from pipelines.bronze.delivery import Rows
from pipelines.bronze.tables import Table
from pipelines.errors import BadDataError
from pipelines.sources.exchange.client import Answer, VenueClient
from pipelines.sources.exchange.listings import checked, listed, parse
from pipelines.sources.exchange.routes import ListingRoute, VenueSpec
from pipelines.sources.exchange.tables import INSTRUMENTS, QUARANTINE
from pipelines.upstream import wire
from pipelines.upstream.checks import WHOLE_BELOW
from pipelines.upstream.decoding import decoding
from pipelines.upstream.extents import HOUR_MS
from pipelines.upstream.request_log import RequestLog
from pipelines.warehouse import Connection, has_table

LISTED = ("symbol", "venue_symbol", "contract_size", "is_active")
NEWEST = Path(__file__).with_name("listing.sql").read_bytes()


@dataclass(frozen=True)
class Listing:
    """What a venue lists: its own symbol for each unified one.

    `contract_sizes` are those that it says, by unified symbol.
    """

    exchange_id: str
    venue_symbols: Mapping[str, str]
    venue_now_ms: int
    is_fetched: bool
    rows: tuple[Rows, ...] = ()
    contract_sizes: Mapping[str, str] = field(default_factory=dict)

    def venue_symbol(self, symbol: str) -> str:
        """The venue's own symbol.

        Raises:
            BadDataError: the venue does not list it; names what is alike.
        """
        if symbol in self.venue_symbols:
            return self.venue_symbols[symbol]
        alike = get_close_matches(symbol, self.venue_symbols, n=3, cutoff=0.5)
        hint = f"; alike: {', '.join(alike)}" if alike else ""
        raise BadDataError(f"{symbol} is not listed on {self.exchange_id}{hint}")


def stored_listing(connection: Connection, spec: VenueSpec) -> Listing | None:
    """The newest listing of the market in bronze; None: there is none."""
    if not has_table(connection, "bronze_exchange.instruments"):
        return None
    with psycopg.RawCursor(connection) as cursor:
        asked = (spec.exchange_id, spec.market, spec.listing.query)
        rows = cursor.execute(NEWEST, asked).fetchall()
    if not rows:
        return None
    now_ms = rows[0][len(LISTED)]
    return _listing(spec, _by_symbol(rows), now_ms, is_fetched=False)


def is_fresh(listing: Listing, venue_now_ms: int, max_age_hours: int) -> bool:
    """Whether the listing is young enough, by the venue's clock."""
    return 0 <= venue_now_ms - listing.venue_now_ms < max_age_hours * HOUR_MS


def fetch_listing(client: VenueClient, log: RequestLog) -> Listing:
    """The venue's listing as it is now, with its rows for bronze.

    Raises:
        UpstreamError: the venue did not answer.
    """
    spec = client.spec
    answer = client.call(
        spec.listing, dict(spec.listing.fixed), log, pick=partial(checked, spec.listing)
    )
    kept, refused = _read(spec, answer)
    markets = _by_symbol(tuple(row[name] for name in LISTED) for row in kept)
    answer = replace(answer, origin=answer.origin + spec.listing.query)
    rows = [_rows(INSTRUMENTS, kept, client, answer)]
    if refused:
        rows.append(_rows(QUARANTINE, refused, client, answer))
    return _listing(
        spec, markets, answer.venue_now_ms, is_fetched=True, rows=tuple(rows)
    )


def _by_symbol(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Of two markets with one unified symbol the active one, then the first by name."""
    ordered = sorted(rows, key=lambda row: (not row[3], row[1]), reverse=True)
    return [*{row[0]: row for row in ordered}.values()]


def _listing(
    spec: VenueSpec, markets: Iterable[tuple[Any, ...]], now_ms: int, **more: Any
) -> Listing:
    """The listing of markets as `LISTED`."""
    rows = list(markets)
    sizes = {row[0]: str(row[2]) for row in rows if row[2] is not None}
    symbols = {row[0]: row[1] for row in rows}
    return Listing(spec.exchange_id, symbols, now_ms, contract_sizes=sizes, **more)


def _read(
    spec: VenueSpec, answer: Answer
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of `instruments`, and of `quarantine` for what can be none."""
    sent = listed(spec.listing, wire.decode_exactly(answer.text))
    parsed, reasons = parse(spec, answer.body)
    kept: list[dict[str, Any]] = []
    for place, market in parsed.items():
        try:
            with decoding("can not be read", BadDataError):
                kept.append(_instrument(market, sent[place][1], spec.listing))
        except BadDataError as error:
            reasons[place] = str(error)
    refused = [
        {
            "table_name": INSTRUMENTS.name,
            "symbol": parsed[place]["symbol"] if place in parsed else None,
            "reason": f"{sent[place][0]} on {spec.exchange_id}: {reason}",
            "raw": wire.encode(sent[place][1]),
        }
        for place, reason in sorted(reasons.items())
    ]
    return kept, refused


def _instrument(
    market: dict[str, Any], raw: dict[str, Any], route: ListingRoute
) -> dict[str, Any]:
    precision, limits = market["precision"], market["limits"]
    numbers = {
        "price_increment": precision.get("price"),
        "amount_increment": precision.get("amount"),
        "min_amount": limits["amount"]["min"],
        "min_notional": limits["cost"]["min"],
        "contract_size": market.get("contractSize"),
    }
    status = raw.get(route.status_field)
    return {
        "symbol": market["symbol"],
        "venue_symbol": market["id"],
        "market_type": market["type"],
        "base_asset": market["base"],
        "quote_asset": market["quote"],
        "venue_base": market["baseId"],
        "venue_quote": market["quoteId"],
        "status": None if status is None else str(status),
        "is_active": bool(market["active"]),
        "launched_at_ms": _launched_ms(market.get("created")),
        **{name: _plain(name, number) for name, number in numbers.items()},
        "raw": wire.encode(raw),
    }


def _launched_ms(created: object) -> int | None:
    """The instant, if it is one: what a venue says of it decides nothing."""
    if isinstance(created, int) and 0 < created < WHOLE_BELOW:
        return created
    return None


def _plain(name: str, number: object) -> str | None:
    try:
        return None if number is None else wire.plain(str(number))
    except ValueError as error:
        raise BadDataError(f"has {name} {error}") from error


def _rows(
    table: Table, rows: list[dict[str, Any]], client: VenueClient, answer: Answer
) -> Rows:
    same = {
        "exchange_id": client.spec.exchange_id,
        "venue_now_ms": answer.venue_now_ms,
        "request_id": answer.request_id,
        "origin": answer.origin,
        "received_at": answer.received_at,
    }
    return Rows.of(table, [row | same for row in rows])
