"""Query parameters as Binance checks them, and its error bodies.

https://developers.binance.com/docs/binance-spot-api-docs/errors
"""

from pipelines.sandbox.answers import RefusedError
from pipelines.sandbox.market import MINUTE_MS
from pipelines.sandbox.venues.venue import Params
from pipelines.sandbox.view import MONTH, WEEK

_HOUR, _DAY = 60, 1440
INTERVALS_MS = {
    **{f"{n}m": n * MINUTE_MS for n in (1, 3, 5, 15, 30)},
    **{f"{n}h": n * _HOUR * MINUTE_MS for n in (1, 2, 4, 6, 8, 12)},
    **{f"{n}d": n * _DAY * MINUTE_MS for n in (1, 3)},
    "1w": WEEK,
    "1M": MONTH,
}
"""Every documented interval but `1s`, which the sandbox does not make."""

_DIGITS = 20


def refused(code: int, text: str) -> RefusedError:
    """A 400 with one of Binance's codes."""
    return RefusedError(400, {"code": code, "msg": text})


def required(params: Params, name: str) -> str:
    """A parameter that has to be sent."""
    value = params.get(name)
    if not value:
        raise refused(
            -1102,
            f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
        )
    return value


def whole(params: Params, name: str) -> int | None:
    """A parameter of digits, or None where it was not sent."""
    value = params.get(name)
    if value is None:
        return None
    if not value.isdigit() or len(value) > _DIGITS:
        raise refused(
            -1100,
            f"Illegal characters found in parameter '{name}'; legal range is "
            "'^[0-9]{1,20}$'.",
        )
    return int(value)


def limited(params: Params, default: int, most: int) -> int:
    """The number of rows to send; more than the most is cut, as the venue does."""
    limit = whole(params, "limit")
    if limit is None:
        return default
    if limit == 0:
        raise refused(-1130, "Data sent for parameter 'limit' is not valid.")
    return min(limit, most)


def interval_ms(params: Params) -> int:
    """The length of a kline's interval, or `MONTH` or `WEEK`."""
    name = required(params, "interval")
    if name not in INTERVALS_MS:
        raise refused(-1120, "Invalid interval.")
    return INTERVALS_MS[name]
