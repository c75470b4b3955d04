"""Which candle stands when answers, files and trades speak of the same minutes.

What trades make, and prove, is taken as stored: other tests judge that.
"""

from collections import defaultdict
from typing import Any

import pytest

from pipelines import warehouse
from pipelines.errors import BullionError
from pipelines.explain import Bucket, explain
from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories.archive_histories import ARCHIVED
from tests.histories.candle_histories import MINUTE, SERIES, START, Load, Row
from tests.histories.traded_histories import TradedHistories, tape
from tests.integration.models.test_dbt_histories import (
    CANDLES,
    DISAGREEMENTS,
    GRADED,
    graded,
    hashes,
    run_something,
    select,
)
from tests.oracles import candle_oracle, evidence_oracle
from tests.oracles.evidence_oracle import GRADES, VALUES, Candles
from tests.soak import seeds, times

SEEDS = seeds(__name__, 1)
LOADS = times(20, 10)
WANTED = ("archive.klines", "ohlcv", "trades")
REBUILT = """
select exchange_id, symbol, extract(epoch from opened_at)::bigint * 1000 as stamp,
    evidence_grade, first_trade_id || '-' || last_trade_id as reading_id, venue_now_ms,
    open, high, low, close, base_volume, quote_volume, trades_count, taker_buy_base,
    taker_buy_quote, null as vwap
from silver.int_candles_rebuilt
"""
PROOFS = """
select exchange_id, symbol, extract(epoch from opened_at)::bigint * 1000 as stamp,
    proof, is_proven
from gold.fct_candle_proofs
"""
UNEXPLAINED = """
select exchange_id, symbol, opened_at
from silver.int_candles_chosen
left join (
    select exchange_id, symbol, opened_at, count(*) as standing_count
    from gold.rpt_candle_evidence where is_standing group by 1, 2, 3
) as explained using (exchange_id, symbol, opened_at)
where standing_count is distinct from 1
"""


def stored() -> tuple[Candles, Candles]:
    """What trades make, and what they prove, by series and stamp."""
    rebuilt: Any = defaultdict(dict)
    for exchange, symbol, stamp, grade, name, now, *values in select(REBUILT):
        told = {"grade": GRADES.index(grade), "source": "trades", "reading_id": name}
        said = dict(zip(VALUES, values, strict=True))
        rebuilt[exchange, symbol][stamp] = {**told, "venue_now_ms": now, **said}
    proofs: Any = defaultdict(dict)
    for exchange, symbol, stamp, proof, is_proven in select(PROOFS):
        proofs[exchange, symbol][stamp] = {"proof": proof, "is_proven": is_proven}
    return rebuilt, proofs


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_trades_files_and_answers_in_any_order_give_the_same_gold(built_database, seed):
    print(f"seed {seed}")
    histories, transform = TradedHistories(seed), Transform(of_candles=True)
    loads = histories.loads(LOADS)
    while not all(any(load.get(t) for load in loads) for t in WANTED):
        loads.append(histories.load())  # a seed in a hundred lacks one
    for load in loads:
        deliver(load)
        run_something(transform, histories.rng)
    transform.rerun("run")
    incremental, known = hashes(), stored()
    assert select(GRADED) == graded(loads)
    assert select(CANDLES) == candle_oracle.candles(loads, *known)
    assert select(DISAGREEMENTS) == evidence_oracle.disagreements(loads, *known)
    assert select(UNEXPLAINED) == []
    assert {row[-2] for row in select(CANDLES)} >= {"rest", "archive", "trades"}
    transform.run("run", "--full-refresh")
    assert hashes() == incremental


@pytest.mark.slow
def test_a_republished_file_takes_the_seal_and_what_it_lacks_is_not_sealed(
    built_database,
):
    for load in republished():
        deliver(load)
    Transform(of_candles=True).rerun("run")
    rows = select(
        "select extract(minute from opened_at)::integer, close::text, evidence_grade,"
        " source from gold.fct_candles where timeframe = '1m' order by 1"
    )
    close = {minute: float(value) for minute, value, _, _ in rows}
    assert close == {0: 1.0, 1: 2.0, 2: 1.0}
    assert [row[2:] for row in rows] == [
        ("sealed", "archive"),
        ("sealed", "archive"),
        (
            "closed",
            "archive",
        ),  # the newer version has no such row, and nothing else has
    ]
    told = select(
        "select reason, differences from gold.rpt_candle_evidence"
        " where not is_standing and extract(minute from opened_at) = 1"
    )
    assert told == [("a later version of the file stands", "close 1 instead of 2")]


@pytest.mark.slow
def test_what_the_venue_lacks_is_filled_from_its_trades_and_explained(built_database):
    """Coinbase gives neither count nor quote volume; its trades agree with it."""
    for load in filled():
        deliver(load)
    Transform(of_candles=True).rerun("run")
    series = ("coinbase", "BTC/USD")
    with warehouse.connect("analyst", "test") as connection:
        known, hour = (
            explain(
                connection, Bucket.parse(*series, timeframe, "2024-03-31T22:01:30Z")
            )
            for timeframe in ("1m", "1h")
        )
    assert known.candle
    assert known.proof
    assert known.proof["proof"] == "proven complete"
    filled_in = ("evidence_grade", "source", "is_filled_from_trades", "trades_count")
    assert [known.candle[n] for n in filled_in] == ["confirmed", "rest", True, 2]
    assert known.candle["quote_volume"] == 5 * 1 + 7 * 2
    assert [r["source"] for r in known.readings if r["is_standing"]] == ["rest"]
    assert {r["reason"] for r in known.readings if not r["is_standing"]} == {
        "agrees with the candle that stands"
    }
    assert sum(row["minutes_count"] for row in hour.minutes) == 3
    assert [row["opened_at"].minute for row in hour.weakest] == [0, 2]


@pytest.mark.slow
def test_a_bucket_that_nothing_is_known_of_is_refused_with_a_sentence(built_database):
    bucket = Bucket.parse("binance", "BTC/USDT", "1h", "2024-03-31T22:01:30Z")
    with (
        warehouse.connect("analyst", "test") as connection,
        pytest.raises(BullionError, match="nothing is known of binance BTC/USDT 1h"),
    ):
        explain(connection, bucket)


def filled() -> list[Load]:
    """Trades 1 to 4 in minutes 0 to 2, and minute 1 as two answers say it is."""
    histories = TradedHistories(1)
    series = next(s for s in SERIES if s.exchange_id == "coinbase")
    stamp, said = START + MINUTE, {"open": "5", "high": "7", "low": "5", "close": "7"}
    traded = ((0, "5", "1"), (1, "5", "1"), (1, "7", "2"), (2, "5", "1"))
    like = tape(series)[0][1] | histories.request(series, START + 10 * MINUTE)
    trades = [
        {
            **{name: value for name, value in like.items() if name != "timeframe"},
            **dict.fromkeys(("trade_id", "first_trade_id", "last_trade_id"), number),
            "price": price,
            "base_amount": amount,
            "traded_at_ns": (START + minute * MINUTE + number) * 1_000_000,
        }
        for number, (minute, price, amount) in enumerate(traded, start=1)
    ]
    answers = [
        histories.candle(series, 1, stamp + 10 * MINUTE)
        | histories.request(series, stamp + (10 + number) * MINUTE)
        | said
        | {"base_volume": "3"}
        for number in range(2)
    ]
    return [{"trades": trades}, {"ohlcv": answers[:1]}, {"ohlcv": answers[1:]}]


def republished() -> list[Load]:
    """Minutes 0 to 2; then, published later and loaded first, 1 changed and 2 gone."""
    old, new = (TradedHistories(1).file(ARCHIVED[0], "2024-04-01") for _ in range(2))
    for number, file in enumerate((old, new)):
        file.update(status="loaded", sha256="ab", reason=None, refused_count=0)
        file.update(
            file_id=f"v{number}", published_at_ms=file["covers_until_ms"] + number
        )
    return [
        {"archive.files": [new], "archive.klines": klines(new, "1", "2")},
        {"archive.files": [old], "archive.klines": klines(old, "1", "1", "1")},
    ]


def klines(file: Row, *closes: str) -> list[Row]:
    """A row a minute, of these closing prices, all else equal."""
    said = TradedHistories(1).klines(ARCHIVED[0], {**file, "sha256": "a"})[0]
    alike = dict.fromkeys(("open", "high", "low", "base_volume"), "5")
    return [
        {
            **said,
            **alike,
            "low": "0",
            "close": close,
            "opened_at_ms": file["covers_from_ms"] + minute * MINUTE,
            "line_number": minute + 1,
        }
        for minute, close in enumerate(closes)
    ]
