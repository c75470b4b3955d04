"""Load markets: listings, candles and trades of the venues, one task per venue."""

from typing import Any

from prefect import flow, get_run_logger, task
from prefect.futures import wait
from prefect.task_runners import ThreadPoolTaskRunner

from pipelines.bronze.load import LoadFacts
from pipelines.collector.load_once import load_exchange as load
from pipelines.config.rows import configuration
from pipelines.errors import UpstreamError
from pipelines.sources.exchange.choices import ExchangeOptions, chosen
from prefect_flows.retries import may_pass, raise_failures

WAIT_S = 600.0  # for a load of the same series that is under way


@task(
    name="load exchange",
    task_run_name="load {exchange_id}",
    retries=2,
    retry_delay_seconds=[10, 60],
    retry_condition_fn=may_pass,
    tags=["exchange"],
)
def load_exchange(
    exchange_id: str,
    symbols: list[str],
    since: str | None = None,
    until: str | None = None,
    feeds: list[str] | None = None,
) -> LoadFacts | None:
    """Load series of one venue, all that are configured where none is named.

    Raises:
        UpstreamError: a series failed; what the others brought is loaded.
        BadDataError: the same, and another attempt would not help.
    """
    logger = get_run_logger()
    options = ExchangeOptions.parse([exchange_id], symbols, since, until, feeds=feeds)
    source, facts = load(options, wait_s=WAIT_S, say=logger.info)
    raise_failures(source.failures)
    return facts


# the decorator asks for a runner of any future, and Prefect's own is invariant in it
VENUES_AT_ONCE: Any = ThreadPoolTaskRunner(max_workers=8)


@flow(name="load markets", task_runner=VENUES_AT_ONCE)
def load_markets(
    exchanges: list[str] | None = None,
    symbols: list[str] | None = None,
    since: str | None = None,
    until: str | None = None,
    feeds: list[str] | None = None,
) -> None:
    """Load the chosen venues at once; one that fails does not stop the others.

    Args:
        exchanges: venues by id, such as `kraken`; all that are enabled by default.
        symbols: ccxt's unified symbols, such as `BTC/USD`; with `exchanges` each is
            loaded on each of them, by default what is configured.
        since: from, ISO UTC, included; or so long ago, such as `-P1D`.
        until: to, ISO UTC, excluded; up to the venue's now by default.
        feeds: `candles`, `trades`, or both; by default what is configured, and candles
            of a symbol that is named.

    Raises:
        UpstreamError: venues failed; the message has each with its reason.
        SetupError: what was asked for is not known or not configured.
    """
    options = ExchangeOptions.parse(exchanges, symbols, since, until, feeds=feeds)
    series: dict[str, list[str]] = {}
    for choice in chosen(configuration(), options):
        series.setdefault(choice.exchange_id, []).append(choice.symbol)
    futures = [
        load_exchange.submit(
            exchange_id, wanted if symbols else [], since, until, feeds
        )
        for exchange_id, wanted in series.items()
    ]
    wait(futures)
    failed = [f for f in futures if not f.state.is_completed()]
    if failed:
        told = (str(future.result(raise_on_failure=False)) for future in failed)
        raise UpstreamError("; ".join(told))
