"""What a load is about: the operator's configuration, narrowed by what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from pipelines.config.model import Configuration, Since
from pipelines.config.span import parse_span
from pipelines.errors import SetupError
from pipelines.sources.archive.attempt import EXCHANGE_ID
from pipelines.sources.archive.files import (
    DAY_MS,
    ArchiveFile,
    Feed,
    Series,
    Span,
    series_of,
)


@dataclass(frozen=True)
class ArchiveOptions:
    """What was asked of one load; what is left out comes from the configuration.

    Attributes:
        since, until: half-open; None: yesterday, by the host's clock.
        files: exactly these, instead of what the host lists for a span.
        is_verified_again: read the checksums of files that were loaded or refused.
        files_at_once: downloaded, checked and read at the same time.
    """

    exchanges: Sequence[str] = ()
    symbols: Sequence[str] = ()
    feeds: Sequence[Feed] = ("klines",)
    since: Since | None = None
    until: datetime | None = None
    files: Sequence[ArchiveFile] | None = None
    is_verified_again: bool = False
    files_at_once: int = 4

    @classmethod
    def parse(
        cls,
        exchanges: Sequence[str] | None = None,
        symbols: Sequence[str] | None = None,
        feeds: Sequence[str] | None = None,
        since: str | None = None,
        until: str | None = None,
        *,
        verify: bool = False,
    ) -> "ArchiveOptions":
        """What a command line or a deployment's parameters say.

        Raises:
            SetupError: a feed is unknown, a time is not ISO UTC, or the span is empty.
        """
        unknown = [feed for feed in feeds or () if feed not in get_args(Feed)]
        if unknown:
            known = ", ".join(get_args(Feed))
            raise SetupError(f"unknown feed {', '.join(unknown)}; known: {known}")
        start, end = parse_span(since or None, until or None)
        return cls(
            exchanges or (),
            symbols or (),
            tuple(dict.fromkeys(feeds or ("klines",))),  # type: ignore[arg-type]
            start,
            end,
            is_verified_again=verify,
        )

    def span(self, host_now_ms: int) -> Span:
        """The span asked for; by the host's clock where no end or begin was named."""
        today = host_now_ms - host_now_ms % DAY_MS
        end = int(self.until.timestamp() * 1000) if self.until else today
        begin = self.since.from_ms(host_now_ms) if self.since else end - DAY_MS
        return begin, end

    @property
    def needs_clock(self) -> bool:
        """Whether `span` depends on the host's clock."""
        return self.until is None or self.since is None or self.since.at is None


def chosen(known: Configuration, options: ArchiveOptions) -> list[Series]:
    """The series to load, each once.

    Raises:
        SetupError: names what is not known, and what is.
    """
    if options.files is not None:
        found = [series_of(f.exchange_id, f.symbol, f.feed) for f in options.files]
        return [series for series in dict.fromkeys(found) if series]
    unknown = [name for name in options.exchanges if name != EXCHANGE_ID]
    if unknown:
        raise SetupError(
            f"no archive of {', '.join(dict.fromkeys(unknown))}; known: {EXCHANGE_ID}"
        )
    symbols = list(dict.fromkeys(options.symbols)) or _configured(known)
    found = [series_of(EXCHANGE_ID, s, f) for s in symbols for f in options.feeds]
    series = [one for one in found if one]
    if not series:
        raise SetupError(
            f"no {', '.join(options.feeds)} of {', '.join(symbols) or 'anything'}:"
            f" enable an instrument of {EXCHANGE_ID}, or name a symbol that has them"
            " (funding rates: a perpetual, such as BTC/USDT:USDT)"
        )
    return series


def _configured(known: Configuration) -> list[str]:
    return [
        choice.symbol
        for choice in known.instruments
        if choice.is_enabled and choice.exchange_id == EXCHANGE_ID
    ]
