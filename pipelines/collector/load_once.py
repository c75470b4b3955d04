"""A load without a collector: what is configured changes under it all the same.

Where no collector runs, a load of what is configured says of the changes that it began
with what became of them. One of symbols that were named says nothing: it was not the
configuration that had them loaded.
"""

from collections.abc import Sequence

from pipelines import warehouse
from pipelines.bronze.load import LoadFacts, Say
from pipelines.collector.change_tracker import ChangeTracker
from pipelines.collector.config_reader import ConfigReader
from pipelines.collector.events import Adopted
from pipelines.collector.targets import Targets, targets_of
from pipelines.config.listener import listening
from pipelines.sources.connectors import connected
from pipelines.sources.exchange.choices import ExchangeOptions
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.progress import Progress

WORK = "load exchange"
COLLECTOR = "select ops.process_of('collect')"
GENERATION = 1  # the load began with the first configuration that was read


def load_exchange(
    options: ExchangeOptions,
    *,
    wait_s: float = 0,
    say: Say = lambda _: None,
    progress: Progress | None = None,
) -> tuple[ExchangeSource, LoadFacts | None]:
    """Load, taking up what changes of the configuration meanwhile.

    Raises:
        SetupError: the options name what is not known or not configured.
        BusyError, BadDataError, UpstreamError: as `load` does.
    """
    adoptions: list[Adopted] = []
    reader = ConfigReader(adoptions.append)
    with listening(say, reader, reader.adopted) as config:
        source = ExchangeSource(config, options, progress=progress)
        facts = load(source, wait_s=wait_s, say=say)
    if not options.symbols and any(a.changes or a.rowless for a in adoptions):
        _note(source, facts, adoptions, options)
    return source, facts


def _note(
    source: ExchangeSource,
    facts: LoadFacts | None,
    adoptions: Sequence[Adopted],
    options: ExchangeOptions,
) -> None:
    """Note what became of the changes, unless a collector does."""
    by = warehouse.process_name(WORK)
    with warehouse.connect("loader", by) as connection:
        row = connection.execute(COLLECTOR).fetchone()
        if row and row[0]:
            return
        tracker, collected = ChangeTracker(by, options.exchanges), Targets()
        for generation, adopted in enumerate(adoptions, GENERATION):
            config = adopted.configuration
            with connected(config) as connectors:
                collected = targets_of(connectors, config, options.exchanges)
            tracker.adopt(adopted.changes, config, collected, generation)
            tracker.resume(adopted.rowless, collected)
        whole = source.whole()
        for key, error in source.failed.items():
            tracker.failed(key, GENERATION, error)
        for key in whole:
            tracker.answered(key, GENERATION)
        tracker.loaded(whole, GENERATION, facts.load_id if facts else None)
        tracker.settle((), collected)
        tracker.flush(connection)
