"""Live loads: what is new of series, each load in a thread of its own."""

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import psycopg

from pipelines import warehouse
from pipelines.bronze.load import Say
from pipelines.collector.events import Answered, CollectorEvent, Loaded
from pipelines.collector.targets import SeriesId, Targets
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import InstrumentChoice
from pipelines.errors import BullionError, BusyError, UpstreamError
from pipelines.sources.exchange.choices import ExchangeOptions
from pipelines.sources.exchange.clients import Clients
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.clock import EndingClock
from pipelines.upstream.running_tasks import RunningTasks

NEW_WAIT_S = 300.0  # for a cycle that has the series under way
FEW = 3  # more new series at once would hold up those that are there


class Live:
    """Starts loads and tells what became of them; their clients stay connected."""

    def __init__(
        self,
        configured: ConfigProvider,
        streams: RunningTasks,
        tell: Callable[[CollectorEvent], None],
        say: Say,
    ) -> None:
        self._configured = configured
        self._streams = streams
        self._tell = tell
        self._say = say
        clock = EndingClock(streams.ending)
        self._clients = Clients(configured, _connect, clock)
        self._threads: list[threading.Thread] = []

    def start(
        self,
        targets: Targets,
        series: Sequence[SeriesId],
        generation: int,
        *,
        is_new: bool = False,
    ) -> threading.Thread:
        """Load these series in a thread of its own.

        `is_new`: they were configured just now. A few of them go before what else the
        venue is asked for; all wait for a cycle that has one of them under way.
        """
        choices = [targets.series[name] for name in series]
        work = partial(self._work, targets, choices, generation, is_new=is_new)
        exchanges = " ".join(dict.fromkeys(exchange_id for exchange_id, _ in series))
        thread = threading.Thread(target=work, name=f"live {exchanges}", daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()
        return thread

    def close(self, patience_s: float) -> None:
        """Wait for what is under way, and give back what is held."""
        for thread in self._threads:
            thread.join(patience_s)
        self._clients.close()

    def _work(
        self,
        targets: Targets,
        choices: Sequence[InstrumentChoice],
        generation: int,
        *,
        is_new: bool,
    ) -> None:
        try:
            self._tell(self._load(targets, choices, generation, is_new=is_new))
        except BusyError as error:
            if len(choices) == 1 or self._streams.ending.is_set():
                self._say(str(error))
                self._tell(_failed(targets, choices, generation, error))
                return
            for choice in choices:  # one that is held does not stop the others
                self._work(targets, [choice], generation, is_new=False)
        except Exception as error:  # noqa: BLE001  # one load's; the others go on
            told = error if isinstance(error, BullionError) else repr(error)
            self._say(f"failed: live load of {_names(choices)}: {told}")
            self._tell(_failed(targets, choices, generation, error))

    def _load(
        self,
        targets: Targets,
        choices: Sequence[InstrumentChoice],
        generation: int,
        *,
        is_new: bool,
    ) -> Loaded:
        goes_first = is_new and len(choices) <= FEW
        source = ExchangeSource(
            self._configured,
            ExchangeOptions(live=choices, goes_first=goes_first),
            streams=self._streams,
            clients=self._clients,
            answered=lambda stream: self._tell(Answered(stream, generation)),
        )
        wait_s = NEW_WAIT_S if is_new else 0
        facts = load(source, wait_s=wait_s, say=self._say)
        for failure in source.failures:
            self._say(f"failed: {failure}")
        series = [(choice.exchange_id, choice.symbol) for choice in choices]
        return Loaded(
            series,
            _streams(targets, series),
            generation,
            facts,
            dict(source.failed),
            list(source.ended),
        )


def _connect() -> warehouse.Connection:
    return warehouse.connect("loader", warehouse.process_name("collect requests"))


def _failed(
    targets: Targets,
    choices: Sequence[InstrumentChoice],
    generation: int,
    error: Exception,
) -> Loaded:
    """A load of which nothing came; what is not ours to blame may pass."""
    series = [(choice.exchange_id, choice.symbol) for choice in choices]
    streams = _streams(targets, series)
    if isinstance(error, psycopg.Error) or not isinstance(error, BullionError):
        error = UpstreamError(f"the load failed: {error!r}")
    elif not isinstance(error, UpstreamError):
        error = UpstreamError(str(error))
    return Loaded(series, streams, generation, failed=dict.fromkeys(streams, error))


def _streams(targets: Targets, series: Iterable[SeriesId]) -> list[str]:
    return [name for one in series for name in sorted(targets.streams[one])]


def _names(choices: Sequence[InstrumentChoice]) -> str:
    return ", ".join(f"{c.exchange_id} {c.symbol}" for c in choices[:3]) + (
        f" and {len(choices) - 3} others" if len(choices) > 3 else ""  # noqa: PLR2004
    )
