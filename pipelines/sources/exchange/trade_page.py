"""One answer of a trade route, taken apart into columns of text and checked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from pipelines.sources.exchange.client import Answer
from pipelines.sources.exchange.page import Body, Stray, body, strays_of_others
from pipelines.sources.exchange.routes import TradeRoute
from pipelines.sources.exchange.trade_rules import check_trades
from pipelines.upstream import wire

SINGLE = ("first_trade_id", "last_trade_id")  # of a single trade: its own id
WORDS: tuple[str, ...] = ("taker_side", "order_type")


class TradeBody(NamedTuple):
    """An answer's rows, and the venue's own cursor for the next page if it has one."""

    found: Body
    last: str | None


@dataclass(frozen=True)
class Reading:
    """An answer's trades.

    Attributes:
        kept: the good ones by id, each once.
        refused: `row`, `trade_id`, `traded_at_ns`, `reason` of the broken ones.
        strays: what came as a row and is no trade of this series.
        sent_count: how many rows came.
        last: the venue's own cursor for the next page.
        path: where the rows lie in the body.
    """

    answer: Answer
    kept: pl.DataFrame
    refused: pl.DataFrame
    strays: list[Stray]
    sent_count: int
    last: str | None
    path: tuple[str, ...]

    @property
    def is_unbroken(self) -> bool:
        """Whether every id between the first and the last came, and nothing else."""
        ids = self.kept["trade_id"]
        if self.strays or self.refused.height or ids.is_empty():
            return False
        return bool(ids[-1] - ids[0] + 1 == len(ids))

    def raw(self) -> list[Any]:
        """The rows as sent; for the few that are refused the body is read again."""
        rows: list[Any] = wire.at(wire.decode_exactly(self.answer.text), self.path)
        return rows


def picked(
    path: tuple[str, ...], last: tuple[str, ...] | None
) -> Callable[[Any], TradeBody]:
    """What reads a body: the rows at `path`, the next cursor at `last`.

    The reader raises ValueError or TypeError where they are not.
    """

    def pick(answered: Any) -> TradeBody:
        found = body(answered, path)
        cursor = wire.plain(str(wire.at(answered, last))) if last else None
        if cursor is not None and not cursor.isdecimal():
            raise ValueError(f"{cursor[:80]!r} to go on from")
        return TradeBody(found, cursor)

    return pick


def take_trades(
    route: TradeRoute, path: tuple[str, ...], answer: Answer, about: str
) -> Reading:
    """The answer as checked columns; `answer.body` is a `TradeBody`."""
    found, last = answer.body
    strays = strays_of_others(found, path, answer)
    places: Sequence[int] = range(len(found.rows))
    try:
        frame = _frame(route, found.rows, places)
    except (LookupError, TypeError):
        amiss = [_amiss(route, row) for row in found.rows]
        places = [i for i, reason in enumerate(amiss) if reason is None]
        raw = wire.at(wire.decode_exactly(answer.text), path)
        strays += [
            Stray(f"a row that {reason}", wire.encode(raw[i]))
            for i, reason in enumerate(amiss)
            if reason
        ]
        frame = _frame(route, [found.rows[i] for i in places], places)
    checked = check_trades(frame, about, route.stamp, answer.venue_now_ms)
    return Reading(
        answer, checked.kept, checked.refused, strays, len(found.rows), last, path
    )


def _frame(
    route: TradeRoute, rows: Sequence[Any], places: Sequence[int]
) -> pl.DataFrame:
    """The rows as columns; LookupError or TypeError where one is misshapen."""
    meanings = {"taker_side": route.taker_sides, "order_type": route.order_types}
    columns: dict[str, Any] = {}
    for name, key in route.layout.items():
        cells = [row[key] for row in rows]
        known = meanings.get(name)
        columns[name] = [known.get(cell) for cell in cells] if known else cells
    for name in SINGLE:
        columns.setdefault(name, columns["trade_id"])
    columns.setdefault("order_type", [None] * len(rows))
    series = [pl.Series(name, cells, pl.String) for name, cells in columns.items()]
    return pl.DataFrame([*series, pl.Series("row", places, pl.Int64)])


def _amiss(route: TradeRoute, row: Any) -> str | None:
    """Why this can not be a row; None: it can."""
    try:
        _frame(route, [row], [0])
    except LookupError as error:
        return f"has no {error.args[0]!r}"
    except TypeError:
        return "has a cell that is neither a number nor text, or is none"
    return None
