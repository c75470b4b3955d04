"""A flood of changes: through Debezium to Kafka, from Kafka to bronze, and in all."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from kafka import KafkaConsumer, TopicPartition

from pipelines import warehouse
from pipelines.local.change_topics import topic_of
from tests.bench import child
from tests.bench.change_stream import ChangeStream, access_of
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.stream_latency import wait_until_held
from tests.bench.tables import Table

NAME = "bench_flood"
ROWS = 1000  # that each transaction of the flood updates
BUDGET = 5000
PATIENCE_S = 900.0
NOTE = (
    f"Updates of {ROWS:,} rows a transaction, with the whole row before and after."
    " First they pile up in Kafka, timed from the first commit to the last event there;"
    " then a process that has been started takes them in as `bullion config follow"
    " --until-current` does, timed to its last batch; then come as many again while"
    " `bullion config follow` runs, timed from the first commit to the last row."
)


@dataclass(frozen=True)
class Flood:
    """Seconds of each way, and batches that the consumer made of it."""

    changes: int
    streamed_s: float
    folded_s: float
    whole_s: float
    batches: int
    peak_mb: float
    cpu_s: float


def flood(stream: ChangeStream, options: Options) -> Table:
    """Changes a second, medians."""
    transactions = max(1, options.flood_changes // ROWS)
    with warehouse.connect(None, "bench") as connection:
        connection.execute(
            f"insert into config.{NAME} (id, name, rate) select n, 'row ' || n, 0"
            " from generate_series(1, %s) as s (n)".encode(),
            (ROWS,),
        )
        held, runs = ROWS, []
        _wait_for_topic(stream, held)
        child.run("tests.bench.fold_child", {})
        for number in range(1, options.repeats + 1):
            runs.append(_run(stream, connection, transactions, held))
            held += 2 * transactions * ROWS + 1
            rate = runs[-1].changes / runs[-1].folded_s
            say(f"flood {number}: folded {rate:,.0f} changes/s")
    ways = {
        "Postgres to Kafka": [run.streamed_s for run in runs],
        "Kafka to bronze": [run.folded_s for run in runs],
        "Postgres to bronze": [run.whole_s for run in runs],
    }
    return Table(
        f"A flood of {transactions * ROWS:,} changes".replace(",", " "),
        ("from", "runs", "changes/s", "slowest", "fastest", f"≥ {BUDGET:,}/s"),
        [_row(name, runs[0].changes, spent) for name, spent in ways.items()],
        (NOTE, _beside(runs)),
    )


def _row(name: str, changes: int, spent: Sequence[float]) -> tuple[str | float, ...]:
    rates = [changes / seconds for seconds in spent]
    is_enough = "yes" if median(rates) >= BUDGET else "no"
    is_judged = name == "Kafka to bronze"
    quantiles = (median(rates), min(rates), max(rates))
    return (name, len(rates), *quantiles, is_enough if is_judged else "")


def _beside(runs: Sequence[Flood]) -> str:
    batch = median(run.changes / run.batches for run in runs)
    most = max(run.peak_mb for run in runs)
    cpu_us = median(run.cpu_s * 1e6 / run.changes for run in runs)
    return (
        f"Batches of {batch:,.0f} changes; the process held at most {most:,.0f} MB and"
        f" spent {cpu_us:,.0f} µs of its CPU on a change, the server's not counted."
    )


def _run(
    stream: ChangeStream,
    connection: warehouse.Connection,
    transactions: int,
    held: int,
) -> Flood:
    changes = transactions * ROWS
    began = time.perf_counter()
    _update(connection, transactions)
    _wait_for_topic(stream, held + changes)
    streamed_s = time.perf_counter() - began
    folded = child.run("tests.bench.fold_child", {})
    if (folded["new"], folded["refused"]) != (changes, 0):
        raise child.ChildError(f"{changes} changes were made: {folded}")
    with stream.process("config", "follow"):
        connection.execute(f"update config.{NAME} set rate = 0 where id = 1".encode())
        wait_until_held(connection, NAME, held + changes + 1)
        began = time.perf_counter()
        _update(connection, transactions)
        wait_until_held(connection, NAME, held + 2 * changes + 1, PATIENCE_S)
        whole_s = time.perf_counter() - began
    spent = (streamed_s, folded["seconds"], whole_s)
    beside = (folded["batches"], folded["peak_mb"], folded["cpu_s"])
    return Flood(changes, *spent, *beside)


def _update(connection: warehouse.Connection, transactions: int) -> None:
    for _ in range(transactions):
        connection.execute(
            f"update config.{NAME} set rate = rate + 1, at = clock_timestamp()".encode()
        )


def _wait_for_topic(stream: ChangeStream, count: int) -> None:
    """Wait until the table's topic holds so many messages.

    Raises:
        ChildError: they did not come.
    """
    at = TopicPartition(topic_of(f"config.{NAME}"), 0)
    deadline = time.monotonic() + PATIENCE_S
    consumer = KafkaConsumer(**access_of(stream.kafka).client_options)
    try:
        while (found := consumer.end_offsets([at])[at]) < count:
            if time.monotonic() > deadline:
                raise child.ChildError(f"{at.topic} came to {found}, not to {count}")
            time.sleep(0.02)
    finally:
        consumer.close()
