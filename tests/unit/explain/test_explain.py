"""The bucket that a moment lies in, and what a person is told of a candle."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pipelines.errors import SetupError
from pipelines.explain import Bucket, Explanation, rendering


def bucket(timeframe: str, time: str) -> tuple[str, str]:
    found = Bucket.parse("binance", "BTC/USDT", timeframe, time)
    return found.opened_at.isoformat(), found.ended_at.isoformat()


@pytest.mark.parametrize(
    ("timeframe", "opened_at", "ended_at"),
    [
        ("1m", "2024-03-31T23:59:00", "2024-04-01T00:00:00"),
        ("15m", "2024-03-31T23:45:00", "2024-04-01T00:00:00"),
        ("4h", "2024-03-31T20:00:00", "2024-04-01T00:00:00"),
        ("1d", "2024-03-31T00:00:00", "2024-04-01T00:00:00"),
        ("1w", "2024-03-25T00:00:00", "2024-04-01T00:00:00"),
        ("1M", "2024-03-01T00:00:00", "2024-04-01T00:00:00"),
    ],
)
def test_a_moment_is_explained_by_the_bucket_that_holds_it(
    timeframe, opened_at, ended_at
):
    moment = "2024-03-31T23:59:30+00:00"
    assert bucket(timeframe, moment) == (f"{opened_at}+00:00", f"{ended_at}+00:00")


def test_a_month_of_31_days_before_a_shorter_one_ends_with_itself():
    assert bucket("1M", "2024-01-31")[1] == "2024-02-01T00:00:00+00:00"
    assert bucket("1M", "2024-12-05")[1] == "2025-01-01T00:00:00+00:00"


def test_a_timeframe_that_is_none_is_named_with_those_that_are():
    with pytest.raises(SetupError, match=r"no timeframe 2m; known: 1m, 5m, .*1M"):
        bucket("2m", "2024-01-31")


def test_a_sealed_candle_names_its_file_and_line_and_what_it_was_proved_by():
    at = datetime(2024, 3, 11, 10, 15, tzinfo=UTC)
    known = Explanation(
        Bucket("binance", "BTC/USDT", "1m", at, at),
        {
            **dict.fromkeys(rendering.VALUE_COLUMNS, Decimal(1)),
            "evidence_grade": "sealed",
            "source": "archive",
            "is_filled_from_trades": False,
        },
        proof={
            "proof": "lost trades",
            "reason": "the candle counts 3 trades",
            "lost_trades_count": 2,
            "trades_count": 1,
            "first_trade_id": 7,
            "last_trade_id": 7,
        },
        readings=[
            {
                **dict.fromkeys(rendering.READING_COLUMNS),
                "is_standing": True,
                "file_path": "data/x.zip",
                "origin": "https://host/data/x.zip",
                "line_number": 616,
                "sha256": "ab12",
                "published_at": at,
                "load_id": "170.5",
                "delivery_file": "f",
                "delivery_row": 615,
            }
        ],
    )
    assert list(rendering.sentences(known)) == [
        (
            "binance BTC/USDT 1m at 2024-03-11 10:15 UTC: sealed, from a file of the"
            " venue's archive"
        ),
        (
            "it is line 616 of https://host/data/x.zip, published 2024-03-11 10:15 UTC,"
            " sha256 ab12"
        ),
        "load 170.5 brought it, file f, row 615",
        "proof: lost trades (2), 1 trades held, ids 7 to 7: the candle counts 3 trades",
    ]
    assert [title for title, _ in rendering.tables(known)] == ["values", "readings"]


def test_a_minute_without_a_candle_is_told_by_its_gap_and_its_proof():
    at = datetime(2024, 3, 11, 10, 15, tzinfo=UTC)
    known = Explanation(
        Bucket("coinbase", "BTC/USD", "1m", at, at),
        None,
        gaps=[{"started_at": at, "ended_at": at, "cause": "proven no trades"}],
    )
    assert list(rendering.sentences(known)) == [
        "coinbase BTC/USD 1m at 2024-03-11 10:15 UTC: no candle",
        "no candle from 2024-03-11 10:15 to 2024-03-11 10:15: proven no trades",
    ]
    facts = rendering.as_facts(known)
    assert facts["candle"] is None
    assert facts["exchange_id"] == "coinbase"
