"""Why a consolidated price is what it is: who counts, with which candle, who not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.errors import BullionError
from pipelines.explain import Bucket, Fact, rows
from pipelines.terminal.report import plain
from pipelines.warehouse import Connection

PRICE = "price"
"""What stands in an exchange's place for a price over all of them."""


@dataclass(frozen=True)
class PriceExplanation:
    """A minute's price, and the last trade of each venue within the hour."""

    symbol: str
    price: Fact
    venues: list[Fact]


def explain_price(connection: Connection, bucket: Bucket) -> PriceExplanation:
    """What gold knows of the price in the bucket's first minute.

    Raises:
        BullionError: there is no price of that pair and minute.
    """
    found = rows(connection, "price", vars(bucket))
    if not found:
        raise BullionError(
            f"there is no price of {bucket.symbol} at"
            f" {bucket.opened_at:%Y-%m-%d %H:%M}: `bullion list` says what is held"
        )
    venues = rows(connection, "venues", vars(bucket))
    return PriceExplanation(bucket.symbol, found[0], venues)


def sentences(explanation: PriceExplanation) -> Iterator[str]:
    """The price, who is left out, and what it is in dollars."""
    price = explanation.price
    name = f"{explanation.symbol} at {plain(price['minute_at'])} UTC"
    if price["median"] is None:
        yield f"{name}: no venue that counts traded; last {_last(price)}"
    else:
        yield (
            f"{name}: {plain(price['median'])}, the median of {price['venues_count']}"
            f" venues, which are {plain(price['dispersion_bps'])} bps apart"
        )
    for venue in explanation.venues:
        if not venue["is_counted"]:
            yield (
                f"{venue['exchange_id']} does not count: {venue['reason']}, last trade"
                f" {plain(venue['opened_at'])} UTC at {plain(venue['close'])},"
                f" {plain(venue['distance_bps']) or 'no'} bps from the median"
            )
    if price["peg"] is not None:
        yield (
            f"{plain(price['price_usd'])} USD, by {plain(price['peg'])} at"
            f" {plain(price['peg_minute_at'])} UTC, {price['peg_venues_count']} venues"
        )


def tables(explanation: PriceExplanation) -> Iterator[tuple[str, list[Fact]]]:
    """The values, and the candle that each venue's say is from."""
    yield "values", [explanation.price]
    yield "last trades within the hour", explanation.venues


def as_facts(explanation: PriceExplanation) -> dict[str, Any]:
    """The explanation for machines."""
    return {
        "symbol": explanation.symbol,
        **explanation.price,
        "venues": explanation.venues,
    }


def _last(price: Fact) -> str:
    if price["last_price"] is None:
        return "more than an hour ago"
    return f"{plain(price['last_price'])}, {price['age_minutes']} minutes before"
