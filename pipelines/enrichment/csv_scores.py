"""A file of texts, scored: what `bullion score` prints."""

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipelines.enrichment.neighbours import Item, neighbour_flags
from pipelines.enrichment.scored_text import ScoredText, TextScorer
from pipelines.errors import BadDataError, SetupError

TEXT = "text"
COLUMNS = (
    "text_hash",
    "language",
    "language_confidence",
    "compound_vader",
    "compound_crypto",
    "label",
    "assets",
    "spam_flags",
)

Given = Sequence[Mapping[str, str | None]]


def texts_of(path: Path) -> Given:
    """The rows of a CSV file with a column `text`.

    Raises:
        SetupError: there is no such file.
        BadDataError: it is no CSV with that column, in UTF-8.
    """
    csv.field_size_limit(sys.maxsize)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            if TEXT not in (reader.fieldnames or ()):
                raise BadDataError(f"{path}: its first line names no column {TEXT}")
            return list(_rows(path, reader))
    except OSError as error:
        raise SetupError(f"{path} can not be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadDataError(f"{path} is not UTF-8: {error.reason}") from None
    except csv.Error as error:
        raise BadDataError(f"{path} is no CSV: {error}") from None


def _rows(
    path: Path, reader: "csv.DictReader[str]"
) -> Iterator[Mapping[str, str | None]]:
    for row in reader:
        if None in row or None in row.values():
            raise BadDataError(
                f"{path}: line {reader.line_num} has not as many cells as the first one"
            )
        yield row


def scores_of(given: Given) -> Iterator[Mapping[str, str]]:
    """The scores of texts, in their order, as text by column.

    Flags that neighbours tell want the columns `author` and `created_at` (ISO 8601).

    Raises:
        BadDataError: a time is none.
    """
    scored = TextScorer().scores([row[TEXT] or "" for row in given])
    told: dict[int, list[str]] = {}
    pairs = enumerate(zip(given, scored, strict=True))
    for flag in neighbour_flags(_item(number, *pair) for number, pair in pairs):
        told.setdefault(int(flag.item_id), []).append(flag.flag)
    for number, one in enumerate(scored):
        yield dict(zip(COLUMNS, _cells(one, told.get(number, [])), strict=True))


def _item(number: int, row: Mapping[str, str | None], scored: ScoredText) -> Item:
    time = row.get("created_at") or None
    try:
        created_at = datetime.fromisoformat(time) if time else None
    except ValueError:
        raise BadDataError(
            f"text {number + 1}: {time} is no time of ISO 8601"
        ) from None
    if created_at and created_at.tzinfo is None:
        created_at = created_at.replace(tzinfo=UTC)
    author = row.get("author") or None
    name = f"{number:012d}"  # of the same moment, the first one was first
    return Item("", name, scored.text_hash, author, created_at, scored.simhash)


def _cells(scored: ScoredText, neighbours: Sequence[str]) -> Sequence[str]:
    flags = [
        *(["link_farm"] if scored.is_link_farm else []),
        *(["shill"] if scored.is_shill else []),
        *sorted(neighbours),
    ]
    return (
        scored.text_hash,
        scored.language.code,
        f"{scored.language.confidence:.4f}",
        f"{scored.compound_vader:.4f}",
        f"{scored.compound_crypto:.4f}",
        scored.label or "",
        " ".join(f"{asset}:{rule}" for asset, rule in scored.assets.items()),
        " ".join(flags),
    )
