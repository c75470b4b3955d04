"""A load without a collector; the configuration may change under it all the same.

Where no collector runs, a load of configured series settles the changes that it began
with. A load of named subjects settles none: the configuration did not ask for it.
"""

from collections.abc import Sequence

from pipelines import warehouse
from pipelines.bronze.delivery import Source
from pipelines.bronze.load import LoadFacts, Say
from pipelines.collector.change_tracker import ChangeTracker
from pipelines.collector.config_reader import ConfigReader
from pipelines.collector.events import Adopted
from pipelines.collector.targets import Targets, targets_of
from pipelines.config.listener import listening
from pipelines.sources import source_spec
from pipelines.sources.connectors import Chosen, connected
from pipelines.sources.load import load
from pipelines.upstream.connector import KeyedSource
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.progress import NO_PROGRESS, Progress

COLLECTOR = "select ops.process_of('collect')"
GENERATION = 1  # the load began with the first configuration that was read


def load_once(
    source_name: str,
    options: LoadOptions,
    *,
    wait_s: float = 0,
    say: Say = lambda _: None,
    progress: Progress = NO_PROGRESS,
) -> tuple[Source, LoadFacts | None]:
    """Load, taking up what changes of the configuration meanwhile.

    Raises:
        SetupError: there is no such source, or the options name something unknown.
        BusyError, BadDataError, UpstreamError: as `load` does.
    """
    make = source_spec(source_name).source
    assert make is not None  # noqa: S101  # of a source that is loaded
    adoptions: list[Adopted] = []
    reader = ConfigReader(adoptions.append)
    with listening(say, reader, reader.adopted) as config:
        source = make(config, options, progress)
        facts = load(source, wait_s=wait_s, say=say)
    for doubt in source.doubts if isinstance(source, KeyedSource) else ():
        say(f"in doubt: {doubt}")
    has_changes = any(adopted.changes or adopted.rowless for adopted in adoptions)
    if isinstance(source, KeyedSource) and has_changes and not options.subjects:
        _note(source, facts, adoptions, Chosen(options.scopes))
    return source, facts


def _note(
    source: KeyedSource,
    facts: LoadFacts | None,
    adoptions: Sequence[Adopted],
    chosen: Chosen,
) -> None:
    """Note what became of the changes, unless a collector does."""
    by = warehouse.process_name(f"load {source.name}")
    with warehouse.connect("loader", by) as connection:
        row = connection.execute(COLLECTOR).fetchone()
        if row and row[0]:
            return
        tracker, collected = ChangeTracker(by, chosen), Targets()
        for generation, adopted in enumerate(adoptions, GENERATION):
            config = adopted.configuration
            with connected(config) as connectors:
                collected = targets_of(connectors, config, chosen)
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
