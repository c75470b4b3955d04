"""What a load is about: the operator's configuration, narrowed by what was asked."""

from collections.abc import Sequence

from pipelines.config.model import Configuration
from pipelines.errors import SetupError
from pipelines.sources.archive.attempt import EXCHANGE_ID
from pipelines.sources.archive.file_types import FEEDS, Feed
from pipelines.sources.archive.files import ArchiveFile, Series, series_of
from pipelines.sources.archive.tables import SYMBOLS
from pipelines.upstream.extents import DAY_MS
from pipelines.upstream.feed import Span
from pipelines.upstream.options import LoadOptions

DEFAULT_FEEDS = ("klines",)


def span_of(options: LoadOptions, host_now_ms: int) -> Span:
    """The span asked for; yesterday, by the host's clock, where none was named."""
    today = host_now_ms - host_now_ms % DAY_MS
    end = int(options.until.timestamp() * 1000) if options.until else today
    begin = options.since.from_ms(host_now_ms) if options.since else end - DAY_MS
    return begin, end


def needs_clock(options: LoadOptions) -> bool:
    """Whether the span depends on the host's clock."""
    return options.until is None or options.since is None or options.since.at is None


def series_of_files(files: Sequence[ArchiveFile]) -> list[Series]:
    """The series of these files, each once."""
    series = [series_of(f.exchange_id, f.symbol, f.feed) for f in files]
    return [one for one in dict.fromkeys(series) if one]


def chosen(config: Configuration, options: LoadOptions) -> list[Series]:
    """The series to load, each once; klines by default, none of `symbols` alone.

    Raises:
        SetupError: names what is unknown, and what there is.
    """
    feeds = _declared_feeds(options.feeds)
    unknown = [name for name in options.scopes if name != EXCHANGE_ID]
    if unknown:
        raise SetupError(
            f"no archive of {', '.join(dict.fromkeys(unknown))}; known: {EXCHANGE_ID}"
        )
    if {*options.feeds} == {SYMBOLS.name}:
        return []
    symbols = list(dict.fromkeys(options.subjects)) or _configured_symbols(config)
    candidates = [series_of(EXCHANGE_ID, s, f) for s in symbols for f in feeds]
    series = [one for one in candidates if one]
    if not series:
        raise SetupError(
            f"no {', '.join(feeds)} of {', '.join(symbols) or 'anything'}:"
            f" enable an instrument of {EXCHANGE_ID}, or name a symbol that has them"
            " (funding rates: a perpetual, such as BTC/USDT:USDT; liquidations: a"
            " coin-margined contract, such as BTC/USD:BTC; what is of options: the pair"
            " that they are on, such as BTC/USDT)"
        )
    return series


def _declared_feeds(names: Sequence[str]) -> list[Feed]:
    known = (*FEEDS, SYMBOLS.name)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SetupError(
            f"unknown feed {', '.join(unknown)}; known: {', '.join(known)}"
        )
    return [name for name in FEEDS if name in (names or DEFAULT_FEEDS)]


def _configured_symbols(config: Configuration) -> list[str]:
    return [
        choice.symbol
        for choice in config.instruments
        if choice.is_enabled and choice.exchange_id == EXCHANGE_ID
    ]
