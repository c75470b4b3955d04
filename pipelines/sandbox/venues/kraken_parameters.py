"""Query parameters as Kraken checks them, and its errors."""

from pipelines.sandbox.answers import RefusedError
from pipelines.sandbox.venues.venue import Params

_NS_DIGITS = 14


def refused(text: str) -> RefusedError:
    """Kraken's errors come with status 200.

    https://docs.kraken.com/api/docs/guides/spot-errors
    """
    return RefusedError(200, {"error": [text]})


def whole(params: Params, name: str, default: int) -> int:
    """A whole number, which may be written with a point."""
    value = params.get(name)
    if value is None:
        return default
    try:
        return int(float(value)) if "." in value else int(value)
    except ValueError:
        raise refused(f"EGeneral:Invalid arguments:{name}") from None


def nanoseconds(since: str) -> int:
    """A `since`: seconds, or the nanoseconds of an answer's `last`."""
    whole, _, part = since.partition(".")
    if not whole.isdigit() or (part and not part.isdigit()):
        raise refused("EGeneral:Invalid arguments:since")
    if len(whole) >= _NS_DIGITS:
        return int(whole)
    return int(whole + part[:9].ljust(9, "0"))
