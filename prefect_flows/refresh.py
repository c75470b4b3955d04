"""Refresh: load the markets, then build what they changed."""

from prefect import flow

from prefect_flows.alerts import alerting
from prefect_flows.last_transform import Tests
from prefect_flows.load import load
from prefect_flows.transform import transform


@alerting
@flow(name="refresh")
def refresh(
    exchanges: list[str] | None = None,
    symbols: list[str] | None = None,
    since: str | None = None,
    until: str | None = None,
    feeds: list[str] | None = None,
    *,
    tests: Tests = "bounded",
) -> None:
    """Load the chosen markets (all that are configured by default), then transform.

    What could be loaded is built even where a venue failed; the flow fails then, after
    the build, so that the failure is seen.

    Args:
        exchanges: venues by id, such as `kraken`; all that are enabled by default.
        symbols: ccxt's unified symbols, such as `BTC/USD`; what is configured by
            default.
        since: from, ISO UTC, included; or so long ago, such as `-P1D`.
        until: to, ISO UTC, excluded; up to the venue's now by default.
        feeds: `candles`, `trades`, or both; by default what is configured, and candles
            of a symbol that is named.
        tests: the data tests to run as well: `bounded` are those whose cost does not
            grow with history.

    Raises:
        UpstreamError: venues failed; the rest is loaded and built.
        BadDataError: a node of dbt failed.
    """
    loaded = load(
        "exchange",
        exchanges,
        symbols,
        since=since,
        until=until,
        feeds=feeds,
        return_state=True,
    )
    transform(tests=tests)
    loaded.result()
