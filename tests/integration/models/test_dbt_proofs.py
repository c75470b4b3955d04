"""A minute is proven where, and only where, nothing was lost and nothing disagrees."""

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from pipelines import warehouse
from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories import proof_histories
from tests.histories.proof_deliveries import Deliveries
from tests.histories.proof_histories import KINDS, START, Kind, Series
from tests.soak import seeds, some

SEEDS = seeds(__name__, 1)
TABLES = (
    "gold.fct_candle_proofs",
    "gold.fct_trades",
    "gold.fct_gaps",
    "gold.fct_candles",
    "gold.rpt_completeness",
    "silver.int_candles_rebuilt",
    "silver.int_trades_answered",
    "silver.int_trades_counted",
    "silver.int_candles_chosen",
    "silver.int_minutes_accounted",
    "silver.int_candle_disagreements",
)
PROOFS = """
select
    exchange_id,
    ((extract(epoch from opened_at) * 1000 - %s) / 60000)::integer,
    proof, lost_trades_count, reason, is_proven
from gold.fct_candle_proofs
"""
QUALITY = """
select
    scope,
    sum(held_count),
    case when bool_and(expected_count is not null) then sum(expected_count) end,
    sum(broken_count)
from gold.rpt_data_quality where feed = 'trades' group by 1 order by 1
"""
HELD = "select exchange_id, sum(trades_count) from gold.{} group by 1 order by 1"
BREAKS = """
select after_trade_id, trades_missing_count, cause, started_at, ended_at
from gold.fct_gaps
where exchange_id = %s and timeframe = 'trades'
order by 1
"""


def select(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with warehouse.connect("transformer", "test") as connection:
        return connection.execute(query, values or None).fetchall()


def hashes(tables: Sequence[str] = TABLES) -> dict[str, str]:
    """A hash of each table but for the batch that made a row."""
    row = "(to_jsonb(t) - 'changed_in')::text"
    return {
        table: select(
            f"select count(*) || ' ' || coalesce(md5(string_agg({row}, '|'"
            f" order by {row})), '') from {table} as t"
        )[0][0]
        for table in tables
    }


def proofs() -> dict[str, dict[int, Any]]:
    """By exchange and minute: proof, lost trades, reason, whether it is proven."""
    found: dict[str, dict[int, Any]] = {kind.exchange_id: {} for kind in KINDS}
    for exchange_id, minute, *row in select(PROOFS, START):
        found[exchange_id][minute] = row
    return found


def trade_quality() -> dict[str, Any]:
    """By exchange: trades held, expected, and of minutes that contradict themselves."""
    return {exchange_id: row for exchange_id, *row in select(QUALITY)}


def check_quality(series: Series, held: int, expected: int | None) -> None:
    """What is expected and not held is what ids leave out, or candles count."""
    assert held == sum(fill.count for fill in series.left)
    if not series.kind.has_ids:
        assert expected is None
        return
    missing = (expected or 0) - held
    assert missing >= sum(row[1] for row in select(BREAKS, series.kind.exchange_id))
    if series.kind.has_count:
        assert missing >= sum(series.lost.values())
    else:
        assert missing <= sum(series.lost.values())


def run_something(transform: Transform, rng: random.Random) -> None:
    """dbt, wholly or in part, or not at all."""
    model = rng.choice(
        (
            *("int_candles_rebuilt", "fct_candle_proofs", "fct_gaps", "fct_trades"),
            "int_trades_counted",
        )
    )
    commands = (
        ("run",),
        ("run", "--select", model),
        ("run", "--full-refresh", "--select", model, "--vars", "drop_dependents: true"),
        ("run", "--vars", "backlog_rows: 20"),
    )
    if rng.random() < 0.6:
        transform.rerun(*rng.choice(commands))


def check_kind(series: Series, found: dict[int, Any]) -> None:
    """What is said of the minutes of one instrument is true, and says enough."""
    kind = series.kind
    for minute, (proof, _, reason, is_proven) in found.items():
        said = (kind.exchange_id, minute, series.hits.get(minute), proof, reason)
        assert is_proven == (proof in ("proven complete", "proven empty")), said
        if proof == "proven complete":
            assert not series.lost.get(minute), said
        if proof == "proven empty":
            assert not series.of(minute), said
        if not kind.has_ids:
            assert not is_proven, said
        if series.hits.get(minute) in ("candle lost", "candle altered", "trades lost"):
            assert reason, said
    if kind.has_count:
        check_counted(series, found)


def check_counted(series: Series, found: dict[int, Any]) -> None:
    """Where candles count trades, each minute hit is named, and no other.

    A minute of which nothing is left, beside the trades that are held, has no row.
    """
    bare = set(range(proof_histories.MINUTES)) - found.keys()
    named = bare | {minute for minute, row in found.items() if row[2]}
    seen = {m for m, hit in series.hits.items() if hit != "trade altered"}
    if "quote_volume" in series.kind.fields:
        seen = set(series.hits)
    assert seen <= named <= set(series.hits)
    for minute, count in series.lost.items():
        assert found[minute][:2] == ["lost trades", count], found[minute]


def check_breaks(series: Series) -> None:
    """Every id that is missing between two that are held is in one break."""
    held = sorted((f.first, f.first + f.count - 1) for f in series.left)
    expected = [
        (before[1], after[0] - before[1] - 1, "trades lost")
        for before, after in pairwise(held)
        if after[0] > before[1] + 1
    ]
    found = select(BREAKS, series.kind.exchange_id)
    assert [row[:3] for row in found] == expected
    starts = {f.first + f.count - 1: f.at_ms for f in series.left}
    ends = {f.first: f.at_ms for f in series.left}
    for after_id, count, _, *times in found:
        known = [starts[after_id], ends[after_id + count + 1]]
        assert [round(time.timestamp() * 1000) for time in times] == known


def instruments(
    rng: random.Random, hits: int, kinds: Sequence[Kind] = KINDS
) -> list[Series]:
    return [proof_histories.made(kind, "A/B", rng, hits) for kind in kinds]


@pytest.fixture
def transform(built_database):
    return Transform(of_candles=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_each_minute_hit_is_named_and_nothing_unseen_is_called_proven(transform, seed):
    print(f"seed {seed}")
    rng = random.Random(seed)
    series = instruments(rng, 14, some(__name__, KINDS, 2))
    loads = Deliveries(rng).loads(series)
    for load in loads:
        deliver(load)
        run_something(transform, rng)
    transform.rerun("run")
    found, incremental = proofs(), hashes()
    for one in series:
        check_kind(one, found[one.kind.exchange_id])
        if one.kind.has_ids:
            check_breaks(one)
        check_quality(one, *trade_quality()[one.kind.exchange_id][:2])
    transform.run("run", "--full-refresh")
    assert hashes() == incremental
    for load in rng.sample(loads, len(loads)):  # all of it again, in another order
        deliver(load)
    transform.rerun("run")
    assert proofs() == found


def test_what_is_whole_is_proven_as_far_as_its_venue_lets_it(transform):
    rng = random.Random(4)
    series = instruments(rng, 0)
    for load in Deliveries(rng).loads(series):
        deliver(load)
    transform.rerun("run")
    found = proofs()
    for one in series:
        rows = found[one.kind.exchange_id]
        traded = sorted({fill.minute for fill in one.fills})
        unproven = {minute for minute, row in rows.items() if not row[3]}
        if one.kind.has_count:
            assert unproven == set()
        elif one.kind.has_ids:  # nothing is held before the first, or after the last
            assert unproven == {traded[0], traded[-1]}
        else:
            assert unproven == set(rows)
        assert all(row[2] is None for row in rows.values() if row[3])
    held = select(HELD.format("fct_trades"))
    assert len(held) == len(KINDS)
    assert select(HELD.format("rpt_completeness")) == held
    counts, quality = dict(held), trade_quality()
    for kind in KINDS:
        count, expected, broken = quality[kind.exchange_id]
        told = counts[kind.exchange_id] if kind.has_ids else None
        assert (count, expected, broken) == (counts[kind.exchange_id], told, 0)


def test_late_trades_between_two_minutes_take_a_proof_of_emptiness_back(transform):
    rng = random.Random(8)
    one = proof_histories.made(KINDS[2], "A/B", rng, 0)
    middle = sorted({fill.minute for fill in one.fills})[5:8]
    late = [fill for fill in one.fills if fill.minute in middle]
    # ids that close the ranks, as if nothing had been traded in between
    one.left = [fill for fill in one.fills if fill not in late]
    deliveries = Deliveries(rng)
    for load in deliveries.loads([one]):
        deliver(load)
    transform.rerun("run")
    before = proofs()["coinbase"]
    assert not any(before[m][3] for m in middle)
    one.left = late
    deliver(deliveries.trades(one, 0, proof_histories.MINUTES))
    transform.rerun("run")
    after, incremental = proofs()["coinbase"], hashes()
    assert all(after[m][3] for m in middle)
    transform.run("run", "--full-refresh")
    assert hashes() == incremental
