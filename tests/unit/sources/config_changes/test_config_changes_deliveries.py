"""Changes that differ, or follow each other, are different; a prefix is told twice."""

import json

import pytest

from pipelines.sources.config_changes.replay import replay
from tests.histories.debezium_messages import declaration, message

TABLE = declaration("int")


def row(value):
    return None if value is None else {"id": 1, "value": value}


def change(op, value, *, before=None, lsn=100, tx=7, key=1):
    """A change of a row that has no `transaction`."""
    old, new = (None if v is None else {**row(v), "id": key} for v in (before, value))
    return message(op, old, new, lsn=lsn, txId=tx)


CREATED = change("c", 1)
TWO, THREE = change("u", 2), change("u", 3)
ON, OFF = change("u", 1, before=0), change("u", 0, before=1)
GONE = change("d", None, before=3)
LATER = change("u", 9, lsn=200, tx=8, key=2)


def replayed(tmp_path, *lines):
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    done = replay(file, TABLE)
    assert done.refusals == []
    values = {json.loads(line)["id"]: json.loads(line)["value"] for line in done.lines}
    return values.get(1), done.repeated_count


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ([CREATED, TWO, THREE], 3),
        ([CREATED, TWO, change("u", 1)], 1),
        ([CREATED, TWO, THREE, TWO], 2),
        ([change("c", 0), ON, OFF, ON], 1),
        ([ON, OFF, ON], 1),
        ([ON, OFF, ON, OFF], 0),
        ([TWO, THREE, TWO], 2),
        ([CREATED, TWO, THREE, GONE], None),
        ([CREATED, TWO, THREE, GONE, change("c", 5)], 5),
        ([CREATED, change("d", None, before=1), change("c", 2)], 2),
        ([LATER, ON, OFF, ON, LATER], 1),
    ],
)
def test_changes_that_follow_each_other_are_different_changes(tmp_path, lines, value):
    found, repeated_count = replayed(tmp_path, *lines)
    assert (found, repeated_count) == (value, lines.count(LATER) // 2)


LOG = [change("c", 0), ON, OFF, ON, LATER, change("u", 4, lsn=300, tx=9)]


@pytest.mark.parametrize("log", [[CREATED, TWO, THREE], [CREATED, TWO, GONE], LOG])
def test_a_prefix_that_is_delivered_twice_changes_nothing(tmp_path, log):
    value, repeated_count = replayed(tmp_path, *log)
    assert repeated_count == 0
    for size in range(1, len(log) + 1):
        for lines in ([*log[:size], *log], [*log, *log[:size]]):
            assert replayed(tmp_path, *lines) == (value, size)


def test_a_change_that_is_sent_twice_in_a_row_is_one(tmp_path):
    assert replayed(tmp_path, CREATED, CREATED, TWO, TWO) == (2, 2)


def test_another_transaction_of_the_same_lsn_is_another_change(tmp_path):
    other = change("u", 2, tx=8)
    assert replayed(tmp_path, CREATED, TWO, change("u", 5), other) == (2, 0)
