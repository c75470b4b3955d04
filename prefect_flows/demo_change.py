"""The demo's change: one row of the configuration, and its path until it is gold.

What `bullion config follow` and `bullion collect` run as processes of their own runs
here in threads, for as long as the change takes.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import LiteralString

from rich.console import Console

from pipelines import warehouse
from pipelines.bronze.load import Say
from pipelines.collector.collect import Collected, CollectOptions, collect
from pipelines.config.diagnosis import failure
from pipelines.config.path import subject, what
from pipelines.config.rows import configuration
from pipelines.config.status import ChangeStatus
from pipelines.config.wait import WaitResult, committing, wait_for_changes
from pipelines.errors import BullionError, UpstreamError
from pipelines.local import stack
from pipelines.local.service import UnavailableError
from pipelines.sources.config_changes.agreement import differences
from pipelines.sources.config_changes.follow import follow_config
from pipelines.sources.connectors import Chosen
from pipelines.terminal import report
from prefect_flows.dbt_run import arguments, run_dbt

SERIES = ("binance", "SOL/USDT")
ADD: LiteralString = """
insert into config.instruments (exchange_id, symbol) values ('binance', 'SOL/USDT')
"""
FIRST_CANDLE: LiteralString = """
select exchange_id, symbol, opened_at, open, high, low, close, evidence_grade
from gold.fct_candles
where
    (exchange_id, symbol) = ('binance', 'SOL/USDT')
    and timeframe = '1m'
    and opened_at >= date_trunc('minute', %s::timestamptz)
order by opened_at
limit 1
"""
LATER = ".venv/bin/bullion up kafka debezium, then make demo"
AGAIN = (
    "`bullion config remove instruments binance SOL/USDT`, and the demo shows again"
    " how a change takes effect"
)
PATIENCE_S = 90.0
LOOK_S = 0.1


def stream_is_up(say: Say) -> bool:
    """Start Kafka and Debezium; False: they can not run here."""
    try:
        stack.up(["kafka", "debezium"], say=say)
    except UnavailableError as error:
        say(f"no change of the configuration is shown: {error}; later: {LATER}")
        return False
    return True


def demo_change(out: Console, say: Say) -> None:
    """Add an instrument by SQL, and print what became of it, in milliseconds.

    Where it is there already nothing is changed: the configuration is the operator's.

    Raises:
        UpstreamError: it did not take effect; says which step is missing.
    """
    if _is_chosen():
        say(f"{' '.join(SERIES)} is configured: {AGAIN}")
        return
    say("following the configuration: Debezium, Kafka, bronze_config, the collector")
    with _running(say):
        out.print(f"\nA row of the configuration, by SQL:{ADD.rstrip()};")
        effects = _change(ADD).statuses
    for effect in effects:
        title = f"{subject(effect)} {what(effect)} by {effect.who}: {effect.outcome}"
        report.show(_steps(effect), title, out)
    committed_at = effects[-1].committed_at or datetime.now(UTC)
    run_dbt(arguments(tests="none"))
    with warehouse.connect("analyst", warehouse.process_name("demo")) as connection:
        cursor = connection.execute(FIRST_CANDLE, (committed_at,))
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    seconds = (datetime.now(UTC) - committed_at).total_seconds()
    report.show(rows, f"Its first candle in gold, {seconds:.1f} s after", out)


def _is_chosen() -> bool:
    """Whether the row is the operator's already, who keeps it as it is."""
    return SERIES in {
        (choice.exchange_id, choice.symbol) for choice in configuration().instruments
    }


def _change(statement: LiteralString) -> WaitResult:
    """Run a statement that changes a row, and wait for its effect."""
    name = warehouse.process_name("demo")
    with (
        warehouse.connect("operator", name) as connection,
        warehouse.connect("operator", name) as listener,
    ):
        with committing(connection) as committed:
            committed.changes_count = connection.execute(statement).rowcount
        result = wait_for_changes(connection, listener, committed, PATIENCE_S)
        if error := failure(connection, result):
            raise error
    return result


def _steps(effect: ChangeStatus) -> list[dict[str, object]]:
    """The path of a change, a row a step."""
    steps = {
        "committed": (effect.committed_at, "config.instruments"),
        "captured": (effect.captured_at, "Debezium Server, from the log"),
        "consumed": (effect.consumed_at, "bronze_config, through Kafka"),
        "applied": (effect.applied_at, "the collector"),
        "first row": (effect.first_row_at, "bronze_exchange"),
    }
    return [
        {
            "step": step,
            "where": where,
            "milliseconds": _milliseconds(effect.committed_at, at),
        }
        for step, (at, where) in steps.items()
        if at is not None
    ]


def _milliseconds(since: datetime | None, at: datetime) -> int:
    return round((at - (since or at)).total_seconds() * 1000)


@contextmanager
def _running(say: Say) -> Iterator[None]:
    """The consumer and the collector, ready to take a change up."""
    stop, has_loaded = threading.Event(), threading.Event()
    collected = Collected(report=lambda _: has_loaded.set())
    options = CollectOptions(Chosen(SERIES[:1]))
    threads = [
        threading.Thread(target=_said, args=(say, work), name=name, daemon=True)
        for name, work in {
            "follow": lambda: follow_config(stop, lambda _: None),
            "collect": lambda: collect(stop, options, collected),
        }.items()
    ]
    for thread in threads:
        thread.start()
    try:
        _wait_for_history()
        has_loaded.wait(PATIENCE_S if threads[1].is_alive() else 0)
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)


def _said(say: Say, work: Callable[[], object]) -> None:
    try:
        work()
    except BullionError as error:
        say(f"{threading.current_thread().name}: {error}")


def _wait_for_history() -> None:
    """Wait until history equals the tables: its first snapshot is no change."""
    ends_at = time.monotonic() + PATIENCE_S
    with warehouse.connect("loader", warehouse.process_name("demo")) as connection:
        while differences(connection):
            if time.monotonic() > ends_at:
                raise UpstreamError(
                    "the configuration did not arrive; `bullion doctor` says why"
                )
            time.sleep(LOOK_S)
