"""From when on the bulk host writes its files in the newer ways."""

from dataclasses import dataclass

from pipelines.sandbox.clock import parse_instant

# https://github.com/binance/binance-public-data#spot
MICROSECONDS_FROM_MS = parse_instant("2025-01-01")
# https://github.com/binance/binance-public-data/issues/177
HEADERS_FROM_MS = parse_instant("2022-08-11")


@dataclass(frozen=True)
class Format:
    """From when on files are written in the newer ways."""

    microseconds_from_ms: int = MICROSECONDS_FROM_MS
    headers_from_ms: int = HEADERS_FROM_MS


def written(microseconds_from: str | None, headers_from: str | None) -> Format:
    """The host's own dates, or ISO instants in their place.

    Raises:
        SetupError: a text is no ISO instant.
    """
    return Format(
        parse_instant(microseconds_from) if microseconds_from else MICROSECONDS_FROM_MS,
        parse_instant(headers_from) if headers_from else HEADERS_FROM_MS,
    )
