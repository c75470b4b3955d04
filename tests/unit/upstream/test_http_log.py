"""What is read of an answer's head, whichever source asked."""

from datetime import UTC, datetime

import pytest

from pipelines.sources import declared
from pipelines.upstream import request_log

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Fri, 01 Mar 2024 12:00:00 GMT", NOW),
        ("Fri, 01 Mar 2024 12:00:00 -0000", NOW),  # which names no zone
        ("Fri, 01 Mar 2024 14:00:00 +0200", NOW),
        ("soon", None),
        ("Fri, 99 Mar 2024 12:00:00 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_utc_or_none(text, time):
    assert request_log.date(text) == time


@pytest.mark.parametrize(
    ("text", "now", "seconds"),
    [
        (" 7 ", None, 7.0),
        ("Fri, 01 Mar 2024 12:00:30 GMT", NOW, 30.0),
        ("Fri, 01 Mar 2024 12:00:30 -0000", NOW, 30.0),
        ("Fri, 01 Mar 2024 11:00:00 GMT", NOW, 0.0),
        ("Fri, 01 Mar 2024 12:00:30 GMT", None, None),  # nobody knows how late it is
        ("later", NOW, None),
        ("-5", NOW, None),
        (None, NOW, None),
    ],
)
def test_a_retry_after_is_seconds_by_the_upstreams_clock(text, now, seconds):
    assert request_log.retry_after_s(text, now) == seconds


def test_an_error_is_told_in_one_line_and_not_at_length():
    told = request_log.described(ValueError("no\n  route " + "x" * 500))
    assert told.startswith("ValueError no route xxx")
    assert len(told) == len("ValueError ") + request_log.ERROR_CHARACTERS


def test_every_source_that_asks_by_http_logs_its_requests_alike():
    logs = [
        table
        for tables in declared().values()
        for table in tables
        if table.name == "requests"
    ]
    assert len(logs) >= 2
    shared = request_log.REQUESTS.columns  # a node's has more
    assert all(log.columns[: len(shared)] == shared for log in logs)
