"""How a Debezium connector was set to write values, by its own names of settings.

https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-connector-properties
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLACEHOLDER = "unavailable.value.placeholder"
CHOICES: Mapping[str, tuple[str, ...]] = {
    "decimal.handling.mode": ("precise", "string", "double"),
    "time.precision.mode": (
        "adaptive",
        "adaptive_time_microseconds",
        "connect",
        "isostring",
        "microseconds",
        "nanoseconds",
    ),
    "binary.handling.mode": ("bytes", "base64", "base64-url-safe", "hex"),
}


@dataclass(frozen=True)
class Encoding:
    """What a message without a schema leaves open; None: nothing says it."""

    decimals: str | None = None
    times: str | None = None
    binary: str | None = None
    placeholder: str = "__debezium_unavailable_value"


UNKNOWN = Encoding()


def encoding(settings: Mapping[str, Any]) -> Encoding:
    """The encoding of a connector with these settings, of which it takes its own.

    Raises:
        ValueError: a setting has a value that Debezium does not know.
    """
    for name, allowed in CHOICES.items():
        if settings.get(name) not in (None, *allowed):
            raise ValueError(
                f"{name} is {settings[name]!r}, none of {', '.join(allowed)}"
            )
    decimals, times, binary = map(settings.get, CHOICES)
    placeholder = str(settings.get(PLACEHOLDER) or UNKNOWN.placeholder)
    return Encoding(decimals, times, binary, placeholder)
