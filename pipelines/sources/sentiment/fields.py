"""How a column is read of an item: what is not there is null, what is wrong is refused.

Documents are as `wire.decode_exactly` gives them: a number is the text that was sent.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pipelines.upstream.wire import encode

Cell = str | int | bool | None
Read = Callable[[Any], Cell]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST = 2**63 - 1  # of a bigint


def nothing(item: Any) -> Cell:
    """No item has it."""
    del item
    return None


def inner(item: Any, *path: str) -> Any:
    """What lies at the path of mappings; None: nothing."""
    for name in path:
        if not isinstance(item, Mapping):
            return None
        item = item.get(name)
    return item


def first(*reads: Read) -> Read:
    """The first that gives something."""

    def read(item: Any) -> Cell:
        given = (one(item) for one in reads)
        return next((cell for cell in given if cell is not None), None)

    return read


def text(*path: str) -> Read:
    """Text or a number, as it was sent; empty text is none."""

    def read(item: Any) -> Cell:
        value = inner(item, *path)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise _wrong(path, value, "text")
        return str(value)

    return read


def number(*path: str) -> Read:
    """A number as it was sent, whether as a number or in quotes."""

    def read(item: Any) -> Cell:
        value = text(*path)(item)
        if value is not None:
            _decimal(str(value), path)
        return value

    return read


def count(*path: str) -> Read:
    """A whole number."""

    def read(item: Any) -> Cell:
        value = text(*path)(item)
        if value is None:
            return None
        amount = _decimal(str(value), path)
        if amount != amount.to_integral_value() or abs(amount) > LARGEST:
            raise ValueError(f"{'.'.join(path)} is {str(value)[:40]!r}, not whole")
        return int(amount)

    return read


def flag(*path: str) -> Read:
    """True or false."""

    def read(item: Any) -> Cell:
        value = inner(item, *path)
        if value is None or isinstance(value, bool):
            return value
        raise _wrong(path, value, "true or false")

    return read


def epoch(*path: str) -> Read:
    """A time in seconds since 1970, as RFC 3339; Reddit's false is none."""

    def read(item: Any) -> Cell:
        if inner(item, *path) in (False, True):
            return None
        value = text(*path)(item)
        if value is None:
            return None
        try:
            seconds = _decimal(str(value), path)
            at = EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
        except OverflowError:
            raise ValueError(f"{'.'.join(path)} is {value!r}, no time") from None
        return at.isoformat()

    return read


def iso(*path: str) -> Read:
    """A time in ISO 8601, as RFC 3339 in UTC; without an offset it is UTC."""

    def read(item: Any) -> Cell:
        value = text(*path)(item)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(str(value))
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            return at.astimezone(UTC).isoformat()
        except (ValueError, OverflowError):
            raise ValueError(
                f"{'.'.join(path)} is {str(value)[:40]!r}, no time"
            ) from None

    return read


def document(*names: str, at: tuple[str, ...] = ()) -> Read:
    """These of an item's fields that it has, as JSON; all of them, without names."""

    def read(item: Any) -> Cell:
        found = inner(item, *at)
        if not isinstance(found, Mapping):
            return None
        chosen = {name: found.get(name) for name in names or found if name in found}
        return encode(chosen) if chosen else None

    return read


def always(cell: Cell) -> Read:
    """The same of every item."""
    return lambda _: cell


def _decimal(value: str, path: tuple[str, ...]) -> Decimal:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ValueError(f"{'.'.join(path)} is {value[:40]!r}, no number")
    return amount


def _wrong(path: tuple[str, ...], value: Any, wanted: str) -> ValueError:
    kinds = {dict: "a mapping", list: "a list", bool: "true or false"}
    kind = kinds.get(type(value), "text")
    return ValueError(f"{'.'.join(path)} is {kind}, not {wanted}")
