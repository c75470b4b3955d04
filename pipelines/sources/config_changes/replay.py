"""Recorded change events folded from a file, without Kafka and without a warehouse."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.config.declaration import Declaration
from pipelines.errors import SetupError
from pipelines.sources.config_changes.deliveries import Deliveries
from pipelines.sources.config_changes.envelope import as_json
from pipelines.sources.config_changes.event import ChangeEvent, decoded
from pipelines.sources.config_changes.fold import Fold


@dataclass(frozen=True)
class Refusal:
    """A line that is no change of the table, and why."""

    line_number: int
    reason: str


@dataclass(frozen=True)
class Replayed:
    """What a file folds to: its rows as JSON lines, in key order."""

    lines: list[str]
    events_count: int
    tombstones_count: int
    repeated_count: int
    vanished_count: int
    refusals: list[Refusal]


def replay(path: Path, table: Declaration) -> Replayed:
    """Fold the events of a file, one JSON document a line.

    The file's newest snapshot counts as whole, marked so or not. An event without
    `transaction` has no position in it; its place is its line (`Deliveries`).

    Raises:
        SetupError: the file can not be read.
    """
    fold, refusals, counts = Fold(), [], Counter[str]()
    deliveries = Deliveries()
    seen: set[object] = set()
    for event in _events(path, table):
        if isinstance(event, Refusal):
            refusals.append(event)
        elif event is None:
            counts["tombstones"] += 1
        else:
            change = deliveries.numbered(event)
            counts["events"] += 1
            counts["repeated"] += change.identity in seen
            seen.add(change.identity)
            fold.take([change])
    fold.settle()
    rows = sorted(fold.rows(), key=lambda pair: _sorted_by(pair[0]))
    return Replayed(
        lines=[
            as_json({n: row[n] for n in table.columns if n in row}) for _, row in rows
        ],
        events_count=counts["events"],
        tombstones_count=counts["tombstones"],
        repeated_count=counts["repeated"],
        vanished_count=sum(1 for _ in fold.vanished()),
        refusals=refusals,
    )


def _events(path: Path, table: Declaration) -> Iterator[ChangeEvent | Refusal | None]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _event(line.strip(), table, number)
    except OSError as error:
        raise SetupError(f"{path} can not be read: {error.strerror}") from None


def _event(
    line: bytes, table: Declaration, number: int
) -> ChangeEvent | Refusal | None:
    try:
        return decoded(line, table, offset=number)
    except ValueError as error:
        return Refusal(number, str(error))


def _sorted_by(key: str) -> list[tuple[bool, float, str]]:
    """Numbers by size, then text; a decimal of the key is text."""
    parts = json.loads(key)
    return [
        (False, part, "") if isinstance(part, int | float) else (True, 0.0, str(part))
        for part in parts
    ]
