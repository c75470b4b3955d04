"""What the tests of the collector share: a venue, changes as the stream tells them."""

import json
import math
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread

from psycopg.rows import namedtuple_row

from pipelines.collector.collect import Collected, CollectOptions, collect
from pipelines.settings import settings
from pipelines.sources.connectors import Chosen
from pipelines.upstream.stopping import stopped_by_signals
from tests.contents.roles import acting
from tests.fakes.venue_server import Reply, venue_server

M = 60
lsns = count(1000)
MARKET = {
    "quote_increment": "0.01",
    "base_increment": "0.00000001",
    "min_market_funds": "1",
    "status": "online",
}
EXCHANGE = "insert into config.exchanges (exchange_id) values ('coinbase')"
ADD = "insert into config.instruments (exchange_id, symbol, since) values"
NEVER = math.inf  # no cycle but the first one: what is loaded was loaded at once
TELL = "select pg_notify('bullion_config', 'a load')"
NOTE = """
insert into ops.config_effects (
    table_name, row_key, op, lsn, transaction_id, transaction_position, changes,
    committed_at, captured_at, consumed_at, load_id, outcome
) values (%s, %s, %s, %s, %s, 1, %s, %s, clock_timestamp(), clock_timestamp(), 'l', %s)
"""


class Coinbase:
    """A venue whose answers a test decides: candles of any minute, listings, errors."""

    def __init__(self, *listed):
        self.listed = list(listed)
        self.fails = False
        self.seconds_a_page = 0.0
        self.holds_after = {}  # so many pages of a product come; others are held
        self.asked = []  # (seconds, product, start) of each page
        self.quiet_s = {}  # so long ago was the last candle of a product
        self.blocks = set()  # products whose pages are not answered yet
        self.freed = Event()
        self._lock = Lock()

    def pages(self, product):
        """Where each page began that was asked for."""
        return [start for _, name, start in self.asked if name == product]

    def holds(self, product):
        """Whether a page was asked for that is one of those to be held."""
        return len(self.pages(product)) > self.holds_after.get(product, math.inf)

    def respond(self, path, params):
        if self.fails:
            return Reply("down", status=500, date=datetime.now(UTC))
        return Reply(json.dumps(self._body(path, params)), date=datetime.now(UTC))

    def _body(self, path, params):
        if path.endswith("/time"):
            return {"epoch": time.time()}
        if path.endswith("/products"):
            return [_market(name) for name in self.listed]
        product = path.split("/")[-2]
        with self._lock:
            self.asked.append((time.monotonic(), product, params["start"]))
        if product in self.blocks or self.holds(product):
            self.freed.wait(60)
        time.sleep(self.seconds_a_page)
        start, end = (
            datetime.fromisoformat(params[name]).timestamp()
            for name in ("start", "end")
        )
        end = min(end, time.time() - self.quiet_s.get(product, 0))
        first = int(start // M * M)
        return [[at, 9, 12, 10, 11, 5.5] for at in range(first, int(end) + 1, M)][:300]


def _market(product):
    base, quote = product.split("-")
    return MARKET | {"id": product, "base_currency": base, "quote_currency": quote}


@contextmanager
def coinbase(monkeypatch, *listed):
    """The settings point to the venue."""
    venue = Coinbase(*listed)
    with venue_server(venue.respond) as server:
        monkeypatch.setenv("BULLION_COINBASE_URL", server.url)
        settings.cache_clear()
        try:
            yield venue
        finally:
            venue.freed.set()
    settings.cache_clear()


@contextmanager
def collecting(scopes=(), sources=(), done=None, **options):
    """A collector in a thread, and what it does."""
    stop = Event()
    done = done or Collected()
    work = (stop, CollectOptions(Chosen(scopes, sources), **options), done)
    thread = Thread(target=collect, args=work)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join(600)
        assert not thread.is_alive()


def work():
    """A collector in a fork that says what it does in a log; no cycle but the first."""

    def run(log):
        with Path(log).open("a", buffering=1) as written, stopped_by_signals() as stop:
            done = Collected(say=lambda sentence: print(sentence, file=written))
            collect(stop, CollectOptions(every_s=NEVER), done)

    return run


def commit(database, *statements):
    """One transaction of the operator's; when it was committed."""
    with acting(database, "operator") as connection:
        with connection.transaction():
            for statement in statements:
                connection.execute(statement)
        return datetime.now(UTC)


def told(database, committed_at, *changes, tell=True):
    """What the consumer does with a transaction: its effects, and that it came.

    A change is table, key, op, and old and new by column; the last one of a row waits.
    """
    number = next(lsns)
    with acting(database) as connection, connection.transaction():
        for n, (table, key, op, changed) in enumerate(changes):
            later = [(t, k) for t, k, _, _ in changes[n + 1 :]]
            outcome = "overtaken" if (table, key) in later else "waiting"
            connection.execute(
                "update ops.config_effects set outcome = 'overtaken' where table_name ="
                " %s and row_key = %s and outcome in ('waiting', 'rejected')",
                (table, json.dumps(key)),
            )
            values = (table, json.dumps(key), op, number, number + n)
            facts = (json.dumps(changed), committed_at, outcome)
            connection.execute(NOTE, values + facts)
        if tell:
            connection.execute(TELL)


def change(database, statement, *changes):
    """Commit a statement, and tell of it."""
    told(database, commit(database, statement), *changes)


def effects(database):
    """Every effect, the oldest first."""
    with acting(database) as connection:
        cursor = connection.cursor(row_factory=namedtuple_row)
        query = "select * from ops.config_effects order by effect_id"
        return cursor.execute(query).fetchall()


def wait_for(is_done, wait_s=600, why=lambda: ""):
    """Wait until `is_done`."""
    deadline = time.monotonic() + wait_s
    while not is_done():
        assert time.monotonic() < deadline, why()
        time.sleep(0.02)


def ago(**span):
    """A time as config.instruments has it."""
    return (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%dT%H:%MZ")
