"""Load the archive: the files of a day or a span, then build what they seal."""

from prefect import flow, get_run_logger, task

from pipelines.bronze.load import LoadFacts
from pipelines.config.rows import configuration
from pipelines.sources.archive import ArchiveOptions, ArchiveSource
from pipelines.sources.load import load
from prefect_flows.last_transform import Tests
from prefect_flows.retries import may_pass, raise_failures
from prefect_flows.transform import transform

WAIT_S = 600.0  # for a load of the same files that is under way


@task(
    name="load files",
    retries=2,
    retry_delay_seconds=[60, 600],
    retry_condition_fn=may_pass,
    tags=["archive"],
)
def load_files(
    symbols: list[str], feeds: list[str], since: str | None, until: str | None
) -> LoadFacts | None:
    """Load the archive's files; what they brought.

    Raises:
        UpstreamError: a file could not be had; what the others brought is loaded.
        BadDataError: the same, and another attempt would not help.
    """
    logger = get_run_logger()
    options = ArchiveOptions.parse(None, symbols, feeds, since, until)
    source = ArchiveSource(configuration(), options)
    facts = load(source, wait_s=WAIT_S, say=logger.info)
    raise_failures(source.failures)
    return facts


@flow(name="load archive")
def load_archive(
    symbols: list[str] | None = None,
    feeds: list[str] | None = None,
    since: str | None = None,
    until: str | None = None,
    *,
    build: bool = True,
    tests: Tests = "none",
) -> None:
    """Load yesterday's files of what is configured, then transform.

    What could be loaded is built even where a file failed; the flow fails then, after
    the build.

    Args:
        symbols: ccxt's unified symbols, such as `BTC/USDT` or `BTC/USDT:USDT`; what is
            configured by default.
        feeds: `klines`, `agg_trades`, `trades`, `funding_rates`; klines by default.
        since: from, ISO UTC, included; or so long ago, such as `-P7D`; yesterday.
        until: to, ISO UTC, excluded; today by default.
        build: whether to transform; another flow's transform takes it up otherwise.
        tests: the data tests to run as well.

    Raises:
        UpstreamError: files could not be had; the rest is loaded and built.
        BadDataError: a file was refused, or a node of dbt failed.
    """
    words = (symbols or [], feeds or [], since, until)
    loaded = load_files(*words, return_state=True)
    if build:
        transform(tests=tests)
    loaded.result()
