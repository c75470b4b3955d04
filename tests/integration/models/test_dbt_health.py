"""A venue's health: incremental = full refresh = an independent computation."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from pipelines import warehouse
from tests.contents.any_order import check_any_order
from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories.candle_histories import START as START_MS
from tests.histories.candle_histories import Histories
from tests.histories.config_histories import ConfigHistories, deliver_changes
from tests.integration.models.test_dbt_histories import select
from tests.oracles.config_oracle import Configured
from tests.oracles.health_oracle import BudgetEvent, health
from tests.soak import seeds, times

# candles open from 22:00 on, and are read as they end
START = datetime.fromtimestamp(START_MS / 1000, UTC) + timedelta(minutes=115)
MICROSECOND = timedelta(microseconds=1)
HEALTH = """
select exchange_id, minute_at, requests_count, answered_count, throttled_count,
    refused_count, failed_count, unanswered_count, retries_count, subjects_count,
    weight_spent, bytes_count, latency_p50_ms, latency_p95_ms, latency_max_ms,
    limit_name, limit_ratio, paused_seconds, openings_count, series_count,
    age_p50_minutes, age_max_minutes
from gold.fct_exchange_health order by 1, 2
"""
NOTE = """
with batch as (
    insert into ops.batches (feed) values ('budget_events') returning batch_id
)

insert into ops.budget_events (budget, event, happened_at, until_at, changed_in)
select %s, %s, %s, %s, batch_id from batch
"""
STATUSES = (200, 200, 200, 304, 400, 404, 418, 429, 500, 503, None)
LIMITS = ((None, None), ("binance weight", 6000), ("binance linear weight", 2400))
RUN = ("run", "--select", "fct_exchange_health", "int_series_asked")


def moment(rng, minutes=10):
    return START + rng.randrange(minutes * 60 * 10**6) * MICROSECOND


def request(rng, number):
    limit_name, limit_per_minute = rng.choice(LIMITS)
    return {
        "request_id": str(number),
        "scope": rng.choice(["binance", "kraken"]),
        "endpoint": "trades",
        "subject": rng.choice(["BTC/USD", "ETH/USD", None]),
        "status": rng.choice(STATUSES),
        "weight": rng.randint(1, 50),
        "bytes_count": rng.randint(0, 10**6),
        "elapsed_ms": rng.randint(1, 60_000),
        "attempt": rng.randint(1, 3),
        "error": None,
        "requested_at": moment(rng).isoformat(),
        "limit_name": limit_name,
        "limit_per_minute": limit_per_minute,
    }


def came(load, rng):
    """The load, received as its answers were given; some of it in the day before."""
    received: dict[str, datetime] = {}

    def dated(row):
        at = datetime.fromtimestamp(row["venue_now_ms"] / 1000, UTC)
        day_before = 86_400 if rng.random() < 0.04 else 0  # else every series is young
        at += timedelta(seconds=rng.choice((1, 90, 600)) - day_before)
        at = received.setdefault(row["request_id"], at)
        return row | {"received_at": at.isoformat()}

    return {name: [dated(row) for row in rows] for name, rows in load.items()}


def events(rng):
    """Pauses and openings, some of which an answer ended."""
    made = []
    for number in range(rng.randint(2, 8)):
        budget = rng.choice(["binance", "binance linear", "kraken", "ethereum/main"])
        began = moment(rng)
        until = began + timedelta(seconds=rng.randrange(200))
        made.append(BudgetEvent(budget, rng.choice(["pause", "opening"]), began, until))
        if number % 2 and made[-1].event == "opening":
            closed = began + (until - began) * rng.random()
            made.append(BudgetEvent(budget, "closing", closed, until))
    return made


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(20, 1)))
def test_health_is_the_same_in_any_order_and_as_reckoned_apart(built_database, seed):
    rng = random.Random(seed)
    histories = Histories(seed)
    # candles come alone, so that they change minutes which no request touches again
    loads = [
        came(histories.load(), rng)
        if load % 2
        else {"requests": [request(rng, f"{load} {n}") for n in range(40)]}
        for load in range(times(40, 10))
    ]
    happened = events(rng)
    waiting = rng.sample(happened, len(happened))
    changes = ConfigHistories(rng).batches(8)
    taken = []

    def change():
        taken.extend(changes[0])
        deliver_changes(changes.pop(0))

    def note_some(rng):
        if len(changes) > 4 and rng.random() < 0.4:
            change()
        with warehouse.connect(None, "test") as connection:
            while waiting and rng.random() < 0.8:
                event = waiting.pop()
                row = (event.budget, event.event, event.happened_at, event.until_at)
                connection.execute(NOTE, row)

    def noted():
        left = [*waiting]
        return [e for e in happened if e not in left and "/" not in e.budget]

    check_any_order(
        seed,
        loads,
        [RUN],
        held=lambda: select(HEALTH),
        told=lambda: health(loads, noted(), Configured(taken)),
        beside=note_some,
    )
    # series that were asked for already: their candles alone touch what is stored
    for _ in range(times(10, 4)):
        loads.append(came(histories.load(), rng))
        deliver(loads[-1])
        Transform().rerun(*RUN)
        assert select(HEALTH) == health(loads, noted(), Configured(taken))
    # and so does a change of the configuration
    while changes:
        change()
        Transform().rerun(*RUN)
        assert select(HEALTH) == health(loads, noted(), Configured(taken))
