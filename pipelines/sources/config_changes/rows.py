"""A batch as rows of the bronze tables, in the order of the tables' columns."""

import base64
from collections.abc import Iterator, Mapping, Sequence

from pipelines.bronze.append import Fields
from pipelines.sources.config_changes.batch import Batch, Landed, Message, Place
from pipelines.sources.config_changes.envelope import Row
from pipelines.sources.config_changes.values import as_json


def change_rows(batch: Batch) -> Mapping[str, Sequence[Fields]]:
    """The changes by the names of their tables, sorted."""
    provenance = _provenance(batch)
    found: dict[str, list[Fields]] = {landed.name: [] for landed in batch.landed}
    for landed in batch.landed:
        found[landed.name].append((*_change(landed), *provenance))
    return dict(sorted(found.items()))


def page_rows(batch: Batch) -> Iterator[Fields]:
    """How far the batch read."""
    for page in batch.pages:
        counts = (page.events_count, page.tombstones_count, page.quarantined_count)
        span = (page.from_offset, page.until_offset)
        yield (*_place(page.place), *span, *counts, *_provenance(batch))


def quarantine_rows(batch: Batch) -> Iterator[Fields]:
    """Messages that were refused, with their bytes."""
    for refused in batch.refused:
        raw = raw_fields(refused.message)
        place = (*_place(refused.message.place), refused.message.offset)
        yield (refused.name, refused.reason, *raw, *place, *_provenance(batch))


def reprocessed_rows(batch: Batch) -> Iterator[Fields]:
    """Messages of the quarantine that were taken in."""
    for reprocessed in batch.reprocessed:
        message = reprocessed.message
        place = (*_place(message.place), message.offset)
        yield (reprocessed.name, *place, *_provenance(batch))


def raw_fields(message: Message) -> tuple[str | None, str | None, str]:
    """Key and value as text, or both as base64 where one is no text to Postgres."""
    parts = (message.key, message.value)
    try:
        key, value = (None if part is None else part.decode() for part in parts)
    except UnicodeDecodeError:
        key = value = "\0"
    if "\0" not in f"{key}{value}":
        return key, value, "utf-8"
    key, value = (
        None if part is None else base64.b64encode(part).decode() for part in parts
    )
    return key, value, "base64"


def raw_bytes(raw: str | None, encoding: str) -> bytes | None:
    """The bytes again."""
    if raw is None:
        return None
    return base64.b64decode(raw) if encoding == "base64" else raw.encode()


def _change(landed: Landed) -> Fields:
    event = landed.event
    return (
        event.op,
        event.row_key,
        _text(event.before),
        _text(event.after),
        event.transaction_id,
        event.lsn,
        event.position,
        event.snapshot,
        event.is_inferred,
        event.committed_at_us,
        event.captured_at_us,
        *_place(landed.place),
        event.offset,
    )


def _text(row: Row | None) -> str | None:
    return None if row is None else as_json(row)


def _place(place: Place) -> tuple[str, str, int]:
    return place.topic, place.topic_id, place.partition


def _provenance(batch: Batch) -> Fields:
    return batch.origin, batch.received_at
