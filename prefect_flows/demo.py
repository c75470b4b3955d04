"""The demo: the main job on the embedded default, from nothing to printed gold.

It runs the flows `refresh` and `load` themselves, so that what is shown is
what is deployed.
"""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import State
from prefect.utilities.urls import url_for
from rich.console import Console

from pipelines import warehouse
from pipelines.bronze.load import Say
from pipelines.config.rows import configuration
from pipelines.errors import BullionError, as_one
from pipelines.explain import Bucket, explain, rendering
from pipelines.pictures import asset_chart, page
from pipelines.settings import PROJECT_DIR
from pipelines.sources import members
from pipelines.sources.evm_node.choices import followed
from pipelines.terminal import report
from prefect_flows.dbt_run import write_docs
from prefect_flows.demo_change import demo_change, stream_is_up
from prefect_flows.demo_loads import (
    CONTRACT,
    CONTRACT_FEEDS,
    SEALED,
    SENTIMENT,
    SETTLED_SINCE,
    DemoLoads,
)
from prefect_flows.load import load
from prefect_flows.load_sentiment import load_sentiment
from prefect_flows.read_contracts import read_contracts
from prefect_flows.refresh import refresh
from prefect_flows.retries import waited_for
from prefect_flows.transform import transform

MINUTE = "23:30"  # of the newest day whose file is out
PUBLISHED_AFTER = timedelta(hours=3)  # a day's file is out so long after the day

QUERIES = PROJECT_DIR / "sql" / "queries"
SHOWN = (
    "latest_price",
    "vwap_spread_between_exchanges",
    "completeness",
    "share_proven_by_day",
    "gaps_by_cause",
    "contracts_now",
)
ON_CHAIN = ("gas_by_hour", "transfers_by_token")

NEXT = """
Where to look next
  .venv/bin/bullion sql                        psql as analyst, on gold
  .venv/bin/bullion list                       every series that is held
  .venv/bin/bullion backfill plan --symbol BTC/USDT --since -P30D   history, in chunks
  .venv/bin/bullion config set instruments binance SOL/USDT since=-P7D   another change
  .venv/bin/bullion schedule up                the same flows, by the clock
  sql/queries/                                 questions and their SQL
  make demo                                    again: newest candles become confirmed
  make live                                    the same job on the exchanges themselves
  .venv/bin/bullion down                       stop the local services; data stays
"""


def demo(loads: DemoLoads, out: Console, say: Say) -> None:
    """Load what answers of what is configured, and print what an analyst has of it.

    Raises:
        UpstreamError: who did not answer; the rest is loaded, built and printed.
        BullionError: a venue or a model failed; the rest is loaded and built.
    """
    began = time.monotonic()
    day = published(datetime.now(UTC))
    with waited_for():
        run = _load(loads, day, say)
    with warehouse.connect("analyst", warehouse.process_name("demo")) as connection:
        for name in (*SHOWN, *(ON_CHAIN if followed(configuration()) else ())):
            text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
            title = text.splitlines()[0].removeprefix("-- ")
            report.show(warehouse.query(connection, text), title, out, limit=12)
        if chart := asset_chart.draw(connection, out.encoding):
            out.print("\nPrice against sentiment")
            out.print("\n".join(chart), markup=False, soft_wrap=True)
        _explain(connection, day, out)
    if stream_is_up(say):
        demo_change(out, say)
    out.print(NEXT.rstrip())
    with warehouse.connect("analyst", warehouse.process_name("demo")) as connection:
        pictures = page.write(connection)
    out.print(f"\nGold in pictures: {pictures.as_uri()}", soft_wrap=True)
    out.print(f"Its tables and lineage: {write_docs().as_uri()}", soft_wrap=True)
    out.print(f"The run in Prefect: {url_for('flow-run', run)}", soft_wrap=True)
    say(f"done in {time.monotonic() - began:.0f} s")
    if loads.found.failures:
        raise as_one(loads.found.failures)


def _load(loads: DemoLoads, day: date, say: Say) -> UUID | None:
    """Load what answers and build it, by the flows of the deployments; the last run."""
    found = loads.found.loads
    scopes = {source: list(options.scopes) for source, options in found.items()}
    if "archive" in scopes:
        say(f"running the flow `load`: the file that seals {day} of {SEALED[1]}")
        span = f"{day}", f"{day + timedelta(days=1)}"
        load("archive", symbols=[SEALED[1]], since=span[0], until=span[1])
    if "evm" in scopes:
        chains = scopes["evm"] or followed(configuration())
        say(f"running the flow `load`: what is new of {', '.join(chains)}, and tokens")
        load("evm", scopes["evm"])
        read_contracts()
    if said := [name for name in members(SENTIMENT) if name in scopes]:
        say(f"running the flow `load sentiment`: what {len(said)} sources say")
        load_sentiment(said)
    if venues := [*loads.contract_venues]:
        say(f"running the flow `load`: {CONTRACT} on {', '.join(venues)}")
        since, feeds = SETTLED_SINCE, [*CONTRACT_FEEDS]
        load("exchange", venues, [CONTRACT], since=since, feeds=feeds)
    ended: State[Any]
    if "exchange" in scopes:
        say("running the flow `refresh`: load every configured series, then build")
        # as its deployment does every minute
        ended = refresh(scopes["exchange"], tests="none", return_state=True)
    else:
        ended = transform(tests="none", return_state=True)
    ended.result()
    return ended.state_details.flow_run_id


def published(now: datetime) -> date:
    """The newest day whose file the archive has."""
    return (now - PUBLISHED_AFTER).date() - timedelta(days=1)


def _explain(connection: warehouse.Connection, day: date, out: Console) -> None:
    """Why a candle of the sealed day's last half hour is what it is."""
    words = (*SEALED, "1m", f"{day}T{MINUTE}")
    out.print(f"\nWhy this number? bullion explain {' '.join(words)}", soft_wrap=True)
    try:
        explanation = explain(connection, Bucket.parse(*words))
    except BullionError as error:  # a day that the archive does not have yet
        out.print(str(error), soft_wrap=True)
        return
    for sentence in rendering.sentences(explanation):
        out.print(sentence, markup=False, soft_wrap=True)
    for title, rows in rendering.tables(explanation):
        report.show(rows, title, out)
