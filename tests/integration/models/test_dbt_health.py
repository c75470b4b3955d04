"""A venue's health: incremental = full refresh = an independent computation."""

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from tests.contents.any_order import check_any_order
from tests.integration.models.test_dbt_histories import select
from tests.soak import seeds, times

START = datetime(2024, 3, 1, 11, 58, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HEALTH = """
select exchange_id, minute_at, requests_count, answered_count, throttled_count,
    refused_count, failed_count, unanswered_count, retries_count, subjects_count,
    weight_spent, bytes_count, latency_p50_ms, latency_p95_ms, latency_max_ms
from gold.fct_exchange_health order by 1, 2
"""
STATUSES = (200, 200, 200, 304, 400, 404, 418, 429, 500, 503, None)


def request(rng, number):
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
        "requested_at": (
            START + rng.randrange(5 * 60 * 10**6) * MICROSECOND
        ).isoformat(),
    }


def outcome(status):
    if status is None:
        return "unanswered"
    if status in (418, 429):
        return "throttled"
    kinds = {2: "answered", 3: "answered", 4: "refused", 5: "failed"}
    return kinds[status // 100]


def health(loads):
    """Rows as `HEALTH` has them."""
    minutes = defaultdict(list)
    for load in loads:
        for row in load["requests"]:
            at = datetime.fromisoformat(row["requested_at"])
            minute = at.replace(second=0, microsecond=0)
            minutes[row["scope"], minute].append(row)
    rows = []
    for key, sent in sorted(minutes.items()):
        counts = Counter(outcome(row["status"]) for row in sent)
        kinds = ("answered", "throttled", "refused", "failed", "unanswered")
        took = sorted(r["elapsed_ms"] for r in sent if r["status"] is not None)
        # the first value that so large a share is at most
        shares = [
            took[-(-len(took) * of // 100) - 1] if took else None for of in (50, 95)
        ]
        rows.append(
            (
                *(*key, len(sent), *(counts[kind] for kind in kinds)),
                sum(row["attempt"] > 1 for row in sent),
                len({row["subject"] for row in sent} - {None}),
                sum(row["weight"] for row in sent),
                sum(row["bytes_count"] for row in sent),
                *(*shares, took[-1] if took else None),
            )
        )
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(20, 1)))
def test_health_is_the_same_in_any_order_and_as_reckoned_apart(built_database, seed):
    rng = random.Random(seed)
    loads = [
        {"requests": [request(rng, f"{load} {n}") for n in range(rng.randint(1, 40))]}
        for load in range(times(40, 10))
    ]
    check_any_order(
        seed,
        loads,
        [("run", "--select", "fct_exchange_health")],
        held=lambda: select(HEALTH),
        told=lambda: health(loads),
    )
