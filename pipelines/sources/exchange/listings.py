"""A listing's markets, each read by itself where ccxt trips over one of them."""

import re
from collections.abc import Collection, Iterator
from typing import Any

from pipelines.bronze.text import is_storable
from pipelines.errors import UpstreamError
from pipelines.sources.exchange.ccxt_exchange import parser
from pipelines.sources.exchange.routes import ListingRoute, VenueSpec
from pipelines.upstream import wire
from pipelines.upstream.bounds import BOUNDS, LONGEST_NUMBER
from pipelines.upstream.decoding import decoding

Market = dict[str, Any]
# ccxt counts with such a number digit by digit
OUT_OF_BOUNDS = re.compile(r"[+-]?[0-9.]+[eE][+-]?[0-9]{3,}")
DIGITS = re.compile(rf"[0-9]{{{LONGEST_NUMBER},}}")


def checked(route: ListingRoute, document: Any) -> Any:
    """The document, if it is a listing.

    Raises:
        ValueError: it has no markets, more than an answer may have, or not all.
    """
    count = len(listed(route, document))
    if not 0 < count <= BOUNDS.rows:
        raise ValueError(f"a listing of {count} markets, not 1 to {BOUNDS.rows}")
    if route.rest and wire.at(document, route.rest):
        raise ValueError(f"a listing that goes on after {count} markets")
    return document


def listed(route: ListingRoute, document: Any) -> list[tuple[str, Any]]:
    """The listed markets in order, each with the venue's id of it.

    Raises:
        ValueError: there is no listing.
    """
    markets = wire.at(document, route.path)
    if route.id_field is None and isinstance(markets, dict):
        return list(markets.items())
    if route.id_field is None or not isinstance(markets, list):
        raise ValueError(f"{str(markets)[:60]!r}, not a listing")
    return [
        (str(market.get(route.id_field)) if isinstance(market, dict) else "?", market)
        for market in markets
    ]


def parse(spec: VenueSpec, document: Any) -> tuple[dict[int, Market], dict[int, str]]:
    """The markets as ccxt has them, by their place, and why the others are none."""
    markets = listed(spec.listing, document)
    reasons = {
        place: reason
        for place, (_, market) in enumerate(markets)
        if (reason := _flaw(market))
    }
    fit = [place for place in range(len(markets)) if place not in reasons]
    try:
        found = _by_ccxt(spec, document, markets, fit)
    except UpstreamError:
        found = {}
        for place in fit:
            try:
                found |= _by_ccxt(spec, document, markets, [place])
            except UpstreamError as error:
                reasons[place] = str(error)
    for place in fit:
        if place not in found:
            reasons.setdefault(place, "ccxt makes no unified symbol of it")
    return found, reasons


def _by_ccxt(
    spec: VenueSpec,
    document: Any,
    markets: list[tuple[str, Any]],
    places: Collection[int],
) -> dict[int, Market]:
    """These markets as ccxt has them; it may leave some out."""
    if not places:
        return {}
    chosen = [markets[place] for place in places]
    part = dict(chosen) if spec.listing.id_field is None else [m for _, m in chosen]
    place_of = {id(markets[place][1]): place for place in places}
    with decoding("ccxt can not read it"):
        exchange = parser(spec, _replaced(document, spec.listing.path, part))
        found = {place_of[id(m["info"])]: m for m in exchange.fetch_markets()}
        for market in found.values():
            _check_names(market)
        return found


def _check_names(market: Market) -> None:
    """Raises TypeError where a name is none.

    OKX lists what is not open yet without what it is of.
    """
    for name in ("id", "symbol", "type", "base", "quote", "baseId", "quoteId"):
        if not (market[name] and isinstance(market[name], str)):
            raise TypeError(f"{name} is {market[name]!r}")


def _replaced(document: Any, path: tuple[str, ...], part: Any) -> Any:
    """The document with `part` at the path."""
    if not path:
        return part
    return {**document, path[0]: _replaced(document[path[0]], path[1:], part)}


def _flaw(market: Any) -> str | None:
    """Why this is not even shown to ccxt; None: it may be."""
    if not isinstance(market, dict):
        return "is not a mapping"
    return next(_flaws(market), None)


def _flaws(market: Market) -> Iterator[str]:
    for text in wire.texts(market):
        if not is_storable(text):
            yield "has text with a NUL, or with half of a surrogate pair"
        if OUT_OF_BOUNDS.fullmatch(text) or DIGITS.search(text):
            yield f"has {text[:40]!r}, a number out of all bounds"
