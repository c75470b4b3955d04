"""Adding an instrument to what is collected, and what the warehouse says of its way."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import LiteralString

from pipelines import warehouse
from pipelines.sandbox.listings import generated_pairs
from tests.bench.child import ChildError
from tests.bench.say import say
from tests.bench.tables import Cell

VENUES = ("binance", "coinbase", "kraken")
PAUSE_S = (0.5, 1.5)  # between instruments: the chain is at rest again
POLL_S = 0.02
PATIENCE_S = 120.0
READY_S = 300.0
ADD: LiteralString = (
    "insert into config.instruments (exchange_id, symbol) values (%s, %s)"
    " returning pg_current_xact_id()::text::bigint"
)
HELD: LiteralString = (
    "select exists (select from bronze_exchange.ohlcv"
    " where exchange_id = %s and symbol = %s)"
)
# the series that were there before, and are loaded before the first is added
WANTED: LiteralString = """
select i.exchange_id, i.symbol from config.instruments as i
inner join config.exchanges as e on i.exchange_id = e.exchange_id
where i.is_enabled and e.is_enabled
"""
EFFECT: LiteralString = """
select
    e.outcome, e.reason, e.first_load_id,
    e.captured_ms, e.consumed_ms, e.applied_ms, e.first_row_ms
from ops.config_effects as e
where
    e.table_name = 'instruments' and e.op = 'c' and e.transaction_id = %s
    and (e.first_row_at is not null or e.outcome in ('rejected', 'overtaken'))
"""
LOADED: LiteralString = (
    "select count(*) from bronze_exchange.ohlcv"
    " where exchange_id = %s and symbol = %s and _dlt_load_id = %s"
)


@dataclass(frozen=True)
class Added:
    """An instrument, and the ms since its commit."""

    exchange_id: str
    captured_ms: float
    consumed_ms: float
    applied_ms: float
    first_row_ms: float
    seen_ms: float


def series_to_add(reader: warehouse.Connection) -> Iterator[tuple[str, str]]:
    """Instruments that the sandbox lists and nobody collects, the venues in turn."""
    there = set(reader.execute("select exchange_id, symbol from config.instruments"))
    pairs = generated_pairs()
    now_ms = time.time() * 1000
    free = {
        exchange_id: [
            pair.instrument.symbol
            for pair in pairs[exchange_id]
            if ":" not in pair.instrument.symbol
            and pair.listed_at_ms < now_ms
            and (exchange_id, pair.instrument.symbol) not in there
        ]
        for exchange_id in VENUES
    }
    while any(free.values()):
        for exchange_id, symbols in free.items():
            if symbols:
                yield exchange_id, symbols.pop(0)


def added(
    writer: warehouse.Connection,
    reader: warehouse.Connection,
    exchange_id: str,
    symbol: str,
) -> Added:
    """Add an instrument; what the warehouse says of its way, and what we saw.

    Raises:
        ChildError: it did not take effect, or its load brought no candle of it.
    """
    series = (exchange_id, symbol)
    time.sleep(random.uniform(*PAUSE_S))
    row = writer.execute(ADD, series).fetchone()
    began, seen_ms = time.monotonic(), None
    while time.monotonic() < began + PATIENCE_S:
        if seen_ms is None and _is_held(reader, series):
            seen_ms = (time.monotonic() - began) * 1000
        effect = reader.execute(EFFECT, row).fetchone()
        if effect and effect[0] != "applied":
            raise ChildError(f"{series} is {effect[0]}: {effect[1]}")
        if effect and seen_ms is not None:
            return _checked(reader, series, effect, seen_ms)
        time.sleep(POLL_S)
    raise ChildError(f"{series} has no first row after {PATIENCE_S:.0f} s")


def _checked(
    reader: warehouse.Connection,
    series: tuple[str, str],
    effect: Sequence[Cell],
    seen_ms: float,
) -> Added:
    """The figures of an effect whose load is what it says."""
    load_id, *latencies = effect[2:]
    loaded = reader.execute(LOADED, (*series, load_id)).fetchone()
    if not loaded or not loaded[0]:
        raise ChildError(f"load {load_id} brought no candle of {series}")
    if any(ms is None for ms in latencies):
        raise ChildError(f"{series} lacks a time of its way: {latencies}")
    captured_ms, consumed_ms, applied_ms, first_row_ms = (
        float(str(ms)) for ms in latencies
    )
    say(f"{series[1]} on {series[0]}: first row after {first_row_ms:,.0f} ms")
    told = (captured_ms, consumed_ms, applied_ms, first_row_ms)
    return Added(series[0], *told, seen_ms)


def _is_held(reader: warehouse.Connection, series: tuple[str, str]) -> bool:
    row = reader.execute(HELD, series).fetchone()
    return bool(row and row[0])


def wait_until_collected(reader: warehouse.Connection) -> None:
    """Wait until the configured series have rows: the collector is at its work.

    Raises:
        ChildError: some have none.
    """
    deadline = time.monotonic() + READY_S
    there = "select to_regclass('bronze_exchange.ohlcv') is not null"
    wanted = reader.execute(WANTED).fetchall()
    while time.monotonic() < deadline:
        row = reader.execute(there).fetchone()
        if row and row[0] and all(_is_held(reader, (e, s)) for e, s in wanted):
            return
        time.sleep(0.2)
    raise ChildError(f"not all of {wanted} are collected after {READY_S:.0f} s")
