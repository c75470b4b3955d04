"""Random histories of the configuration, as changes that arrive in any order.

Two tables, exchanges and instruments, change over the span of `candle_histories`, by
rows and by patterns; some changes nobody saw, and a later snapshot tells them; some
were under way when it was taken. Batches are torn, shuffled and delivered again.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pipelines import warehouse
from pipelines.sources.config_changes.batch import Batch, Landed, Place
from pipelines.sources.config_changes.event import ChangeEvent
from pipelines.sources.config_changes.ledger import Ledger
from tests.histories.candle_histories import MINUTE, START

Rows = dict[str, dict[str, Any]]
MINUTE_US = MINUTE * 1000
START_US = START * 1000
RECEIVED_AT = datetime(2024, 5, 1, tzinfo=UTC)
PLACE = Place("bullion.config", "topic", 0)
KEYS = {"exchanges": ("exchange_id",), "instruments": ("exchange_id", "symbol")}
EXCHANGES = ("binance", "kraken", "coinbase", "binance_us")
PATTERNS = ("*", "*/USDT", "BTC/*", "BTC/USDT", "BTC/USD", "NEW/USDT", "N*T", "ETH/USD")


@dataclass
class ConfigHistories:
    """Makes the changes of both tables; the same source of chance, the same ones."""

    rng: random.Random
    now_us: int = START_US - 20 * MINUTE_US
    lsn: int = 1000
    offset: int = 0
    tables: dict[str, Rows] = field(
        default_factory=lambda: {"exchanges": {}, "instruments": {}}
    )
    streamed: dict[str, Rows] = field(
        default_factory=lambda: {"exchanges": {}, "instruments": {}}
    )

    def batches(self, count: int) -> list[list[ChangeEvent]]:
        """All changes in `count` batches, in an order that is not the log's."""
        told = list(self.changes(count * 4))
        told.sort(key=lambda e: e.lsn + self.rng.choice((0, 0, 0, 40)))
        cuts = sorted(self.rng.sample(range(1, len(told)), count - 1))
        spans = zip([0, *cuts], [*cuts, len(told)], strict=True)
        made = [told[low:high] for low, high in spans]
        for batch in made[1:]:
            batch.extend(self.rng.sample(told, 2))  # twice, or too early
        return made

    def changes(self, count: int) -> Iterator[ChangeEvent]:
        """Changes in the log's order, transactions of some of them among them."""
        yield from self.snapshot()
        for _ in range(count):
            self.tick()
            kind = self.rng.random()
            if kind < 0.1:
                self.unseen()
                yield from self.snapshot()
            elif kind < 0.13:
                yield self.truncation()
            elif kind < 0.18:
                yield from self.open_across_snapshot()
            elif kind < 0.22:
                yield from self.told_after_snapshot()
            else:
                yield from self.transaction()

    def tick(self) -> None:
        """Time passes, now and then not at all, and once in a while backwards."""
        step = self.rng.choice((0, 1, 9, 17, 30)) * MINUTE_US
        self.now_us += step + self.rng.choice((0, 0, 1, 30_000_000, -5_000_000))
        self.lsn += 10

    def transaction(self) -> Iterator[ChangeEvent]:
        """A few changes that are committed together."""
        for position in range(1, self.rng.randint(2, 4)):
            table = self.rng.choice(("exchanges", "instruments", "instruments"))
            self.lsn += self.rng.choice((0, 1))  # of one COPY, or not
            yield self.change(table, position)

    def open_across_snapshot(self) -> Iterator[ChangeEvent]:
        """A transaction that wrote to the log before a snapshot that is without it."""
        wrote_at = self.lsn
        yield from self.snapshot()
        self.tick()
        goes_on_at, self.lsn = self.lsn, wrote_at
        yield from self.transaction()
        self.lsn = goes_on_at

    def told_after_snapshot(self) -> Iterator[ChangeEvent]:
        """A transaction that was committed before a snapshot, and streamed after it."""
        late = list(self.transaction())
        yield from self.snapshot()
        for event in late:
            self.offset += 1
            captured_at_us = self.now_us + 5000
            yield replace(event, offset=self.offset, captured_at_us=captured_at_us)

    def change(self, table: str, position: int) -> ChangeEvent:
        """A row added, changed or removed."""
        rows, row = self.tables[table], self.row(table)
        key = key_of(table, row)
        before = rows.get(key)
        if before is not None and self.rng.random() < 0.4:
            row = {}
            del rows[key]
        else:
            rows[key] = row
        op = "d" if not row else "c" if before is None else "u"
        return self.event(table, op, key, before, row or None, position=position)

    def unseen(self) -> None:
        """Changes that nobody streams."""
        for rows in self.tables.values():
            for key in list(rows):
                if self.rng.random() < 0.3:
                    del rows[key]

    def snapshot(self) -> Iterator[ChangeEvent]:
        """Every row, at one place of the log; what it lacks is removed by inference."""
        self.lsn += 10
        for table, rows in self.tables.items():
            for key, row in rows.items():
                self.now_us += 700
                yield self.event(table, "r", key, None, row, snapshot="true")
        for table, key, row in self.vanished():
            yield self.event(table, "d", key, row, None, is_inferred=True)

    def vanished(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for table, streamed in self.streamed.items():
            for key, row in list(streamed.items()):
                if key not in self.tables[table]:
                    yield table, key, row

    def truncation(self) -> ChangeEvent:
        """All rows of a table removed at once."""
        self.tables["instruments"].clear()
        return self.event("instruments", "t", None, None, None, position=1)

    def row(self, table: str) -> dict[str, Any]:
        rng = self.rng
        row: dict[str, Any] = {
            "exchange_id": rng.choice(EXCHANGES),
            "is_enabled": rng.random() < 0.8,
        }
        if table == "exchanges":
            types = rng.choice((["spot"], ["spot", "swap"], ["swap"]))
            return row | {"budget_share": "0.900000", "market_types": types}
        minute = datetime.fromtimestamp(START / 1000 + rng.randint(0, 9000), UTC)
        return row | {
            "symbol": rng.choice(PATTERNS),
            "since": rng.choice(("-P1D", "-P1D", "2024-01-01", minute.isoformat())),
            "priority": rng.choice(("live", "history")),
            "feeds": rng.choice((["candles"], ["candles", "trades"], ["trades"])),
            "timeframes": ["1m"],
        }

    def event(
        self,
        table: str,
        op: str,
        key: str | None,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        *,
        position: int | None = None,
        snapshot: str | None = None,
        is_inferred: bool = False,
    ) -> ChangeEvent:
        self.offset += 1
        streamed = self.streamed[table]
        if key is None:
            streamed.clear()
        elif after is None:
            streamed.pop(key, None)
        else:
            streamed[key] = dict(after)
        return ChangeEvent(
            table=f"config.{table}",
            op=op,
            row_key=key,
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
            transaction_id=None if is_inferred else self.lsn // 10,
            lsn=self.lsn,
            position=position,
            snapshot=snapshot,
            committed_at_us=None if is_inferred else self.now_us,
            captured_at_us=self.now_us + 5000,
            offset=self.offset,
            is_inferred=is_inferred,
        )


def key_of(table: str, row: Mapping[str, Any]) -> str:
    """The row's key as bronze has it."""
    return json.dumps([row[name] for name in KEYS[table]], separators=(",", ":"))


def name_of(event: ChangeEvent) -> str:
    """The config table's name alone."""
    return event.table.removeprefix("config.")


def deliver_changes(events: Sequence[ChangeEvent]) -> None:
    """One batch of changes into bronze; what is held already changes nothing."""
    landed = [Landed(name_of(event), PLACE, event) for event in events]
    with warehouse.connect("loader", "test") as connection:
        ledger = Ledger(connection)
        ledger.prepare(KEYS)
        ledger.append(Batch("memory", received_at=RECEIVED_AT, landed=landed))
