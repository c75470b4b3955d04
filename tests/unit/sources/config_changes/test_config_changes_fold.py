"""Folding gives one state: in any order, any batches, with anything delivered again."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipelines.cli.config import config_app
from pipelines.config.declaration import Declaration
from pipelines.sources.config_changes.event import decoded
from pipelines.sources.config_changes.fold import Fold
from tests.fakes.memory_log import source_of

PRODUCTS = Declaration(
    "products",
    ("id",),
    {"id": "integer", "name": "text", "description": "text", "weight": "real"},
)
YAML = """
table: inventory.products
key: [id]
columns: {id: integer, name: varchar(255), description: text, weight: double precision}
"""
THINGS = Declaration("config.things", ("id",), {"id": "int", "value": "text"})
KEYS = st.integers(1, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS),
        st.tuples(st.just("delete"), KEYS),
        st.tuples(st.just("move"), KEYS, KEYS),
        st.tuples(st.just("copy"), st.integers(6, 9)),
        st.tuples(st.just("truncate")),
        st.tuples(st.just("unseen"), st.sampled_from(["put", "delete"]), KEYS),
        st.tuples(st.just("snapshot")),
        st.tuples(st.just("open_across"), st.lists(KEYS, min_size=1, max_size=3)),
        st.tuples(st.just("told_after"), st.sampled_from(["put", "delete"]), KEYS),
        st.tuples(st.just("told_after"), st.just("truncate")),
    ),
    max_size=25,
)
KEPT = 0  # a row that always stands, so that no snapshot is without its end


class Source:
    """A table that is changed, and what Debezium would say of each change."""

    def __init__(self):
        self.rows = {}
        self.said = []
        self.lsn = 100
        self.transaction = 0
        self.has_unseen = False
        self.put(KEPT)

    def put(self, key, *, lsn=None, position=1):
        if lsn is None:
            self.begin()
        before = self.rows.get(key)
        self.rows[key] = {"id": key, "value": f"{key} at {self.lsn}"}
        op = "c" if before is None else "u"
        self.say(op, before, self.rows[key], position)

    def delete(self, key, *, begins=True, position=1):
        if key in self.rows:
            if begins:
                self.begin()
            self.say("d", self.rows.pop(key), None, position)

    def move(self, key, new):
        """A changed primary key: two changes of one record."""
        if key in self.rows and new not in self.rows:
            self.delete(key)
            self.put(new, lsn=self.lsn, position=2)

    def copy(self, count):
        """Rows of one COPY share an LSN."""
        self.begin()
        for position, key in enumerate(range(10, 10 + count), start=1):
            if key not in self.rows:
                self.put(key, lsn=self.lsn, position=position)

    def truncate(self):
        self.begin()
        self.say("t", None, None, 1)
        self.rows.clear()
        self.put(KEPT)

    def unseen(self, what, key):
        """A change that nobody was told of: the slot was lost."""
        said = len(self.said)
        getattr(self, what)(key)
        del self.said[said:]
        self.has_unseen = True

    def snapshot(self):
        self.begin()
        for left, row in zip(
            range(len(self.rows))[::-1], self.rows.values(), strict=True
        ):
            self.say("r", None, row, None, "true" if left else "last")
        self.has_unseen = False

    def open_across(self, keys):
        """A transaction that has written commits after a snapshot was taken."""
        self.begin()
        lsn, transaction = self.lsn, self.transaction
        self.snapshot()
        after = self.lsn, self.transaction
        self.transaction = transaction
        for position, key in enumerate(dict.fromkeys(keys), start=1):
            self.lsn = lsn + position
            if key in self.rows and position % 2:
                self.delete(key, begins=False, position=position)
            else:
                self.put(key, lsn=self.lsn, position=position)
        self.lsn, self.transaction = after

    def told_after(self, what, *key):
        """A change that was committed before a snapshot, which Debezium took first."""
        said = len(self.said)
        getattr(self, what)(*key)
        late = self.said[said:]
        del self.said[said:]
        self.snapshot()
        self.said += late

    def begin(self):
        self.lsn += 10
        self.transaction += 1

    def say(self, op, before, after, position, snapshot="false"):
        facts = {"txId": self.transaction, "snapshot": snapshot}
        source = source_of("things", lsn=self.lsn, **facts)
        event = {"before": before, "after": after, "source": source, "op": op}
        if position is not None:
            event["transaction"] = {"id": "x", "total_order": position}
        self.said.append(json.dumps(event))


def history(steps):
    source = Source()
    for name, *arguments in steps:
        getattr(source, name)(*arguments)
    if source.has_unseen:
        source.snapshot()
    return source


def changes(lines, told):
    return [decoded(line, told, offset=i) for i, line in enumerate(lines)]


def folded(batches):
    fold = Fold()
    for batch in batches:
        fold.take(batch)
    return {key: dict(row) for key, row in fold.rows()}


def split(events, seed):
    """Random batches, some of them empty."""
    rng, batches, at = random.Random(seed), [], 0
    while at < len(events):
        size = rng.randrange(4)
        batches.append(events[at : at + size])
        at += size
    return batches


@given(steps=STEPS, seed=st.integers())
@settings(max_examples=300, deadline=None)
def test_the_fold_is_the_table_in_any_order_and_however_often_told(steps, seed):
    source, rng = history(steps), random.Random(seed)
    events = changes(source.said, THINGS)
    expected = {f"[{key}]": {**row, "id": str(key)} for key, row in source.rows.items()}
    assert folded([events]) == expected

    again = events[: rng.randrange(len(events) + 1)] + events
    assert folded(split(again, seed)) == expected

    mixed = events + rng.choices(events, k=5)
    rng.shuffle(mixed)
    assert folded(split(mixed, seed)) == expected


@given(steps=STEPS, seed=st.integers())
@settings(max_examples=200, deadline=None)
def test_what_a_snapshot_implies_changes_nothing_when_it_is_told_as_deletes(
    steps, seed
):
    source = history(steps)
    events = changes(source.said, THINGS)
    fold = Fold()
    fold.take(events)
    told = list(fold.vanished())
    assert {event.row_key for event in told}.isdisjoint(key for key, _ in fold.rows())
    mixed = [*events, *told]
    random.Random(seed).shuffle(mixed)
    assert folded([mixed]) == folded([events])


def test_a_row_that_a_new_snapshot_does_not_hold_vanished_while_nobody_watched():
    source = Source()
    source.put(1)
    source.put(2)
    source.unseen("delete", 1)
    source.snapshot()
    fold = Fold()
    fold.take(changes(source.said, THINGS))
    assert {key for key, _ in fold.rows()} == {"[0]", "[2]"}
    (told,) = fold.vanished()
    assert (told.op, told.row_key, told.is_inferred) == ("d", "[1]", True)
    assert told.lsn == source.lsn
    assert told.before == {"id": "1", "value": "1 at 120"}


def test_a_snapshot_that_broke_off_implies_nothing():
    source = Source()
    source.put(1)
    source.snapshot()
    cut = changes(source.said[:-1], THINGS)
    assert {key for key, _ in fold_of(cut).rows()} == {"[0]", "[1]"}


def test_what_was_open_across_a_snapshot_stands_after_it_and_did_not_vanish():
    source = Source()
    source.put(1)
    source.open_across([2, 1])
    events = changes(source.said, THINGS)
    told = {(event.op, event.row_key): event.lsn for event in events}
    assert told["r", "[1]"] > told["u", "[1]"] > told["c", "[2]"]
    fold = fold_of(events)
    assert {key: row["value"] for key, row in fold.rows()} == {
        "[0]": "0 at 110",
        "[1]": "1 at 132",
        "[2]": "2 at 131",
    }
    assert list(fold.vanished()) == []


def test_a_change_that_was_first_told_before_a_snapshot_stays_before_it():
    source = Source()
    source.put(1)
    source.unseen("put", 1)
    source.snapshot()
    events = changes(source.said, THINGS)
    (told,) = [event for event in events if event.row_key == "[1]" and event.op == "c"]
    again = replace(told, offset=len(events))
    for taken in ([*events, again], [again, *events], [*events[2:], again, told]):
        assert folded([taken])["[1]"]["value"] == "1 at 130"


def test_offsets_that_are_given_anew_when_a_log_was_cut_are_told_by_time():
    source = Source()
    source.put(1)
    source.unseen("put", 1)
    source.snapshot()
    events = [
        replace(event, offset=9 if event.op == "c" else event.offset, captured_at_us=at)
        for at, event in enumerate(changes(source.said, THINGS))
    ]
    assert folded([events])["[1]"]["value"] == "1 at 130"


def fold_of(events):
    fold = Fold()
    fold.take(events)
    return fold


def test_two_changes_at_one_place_are_told_apart_by_offset_once():
    source = Source()
    source.say("c", None, {"id": 1, "value": "a"}, None)
    source.say("d", {"id": 1, "value": "a"}, None, None)
    events = changes(source.said[-2:], THINGS)
    again = [decoded(line, THINGS, offset=9) for line in source.said[-2:-1]]
    assert folded([events, again]) == {}


@pytest.fixture
def lines(recorded):
    path = recorded / "cdc" / "debezium_postgres_events.jsonl"
    return path.read_text(encoding="utf-8").splitlines()


def test_the_recorded_events_fold_to_ten_rows_without_key_111(lines):
    fold = fold_of(changes(lines, PRODUCTS))
    rows = {key: row["description"] for key, row in fold.rows()}
    assert sorted(rows) == [f"[{key}]" for key in range(101, 111)]
    assert fold.deleted() == {"[111]"}
    assert rows["[106]"] == "18oz carpenter hammer"
    assert rows["[110]"] == "new water resistent white wind breaker"


def test_the_recorded_events_fold_alike_in_any_split_with_any_prefix_twice(lines):
    events = changes(lines, PRODUCTS)
    expected = folded([events])
    for seed in range(200):
        rng = random.Random(seed)
        prefix = events[: rng.randrange(len(events) + 1)]
        assert folded(split(prefix + events, seed)) == expected
        mixed = events + prefix
        rng.shuffle(mixed)
        assert folded(split(mixed, seed)) == expected


@pytest.fixture
def door(tmp_path):
    declaration = tmp_path / "products.yaml"
    declaration.write_text(YAML, encoding="utf-8")

    def run(lines, told=declaration):
        file = tmp_path / "events.jsonl"
        file.write_text("\n".join(lines), encoding="utf-8")
        return CliRunner().invoke(
            config_app, ["replay", str(file), "--table", str(told)]
        )

    return run


def test_the_door_prints_the_recorded_rows_as_sent(door, lines):
    for given_lines in (lines, lines[:7] + lines, [*lines, "null", ""]):
        done = door(given_lines)
        assert done.exit_code == 0
        rows = done.stdout.splitlines()
        assert len(rows) == 10
        assert rows[5].startswith('{"id":106,"name":"hammer","description":"18oz ')
        assert rows[5].endswith('"weight":1.0}')
    assert "10 rows of 16 events" in done.stderr


def test_the_door_refuses_guesses_and_folds_the_rest(door, lines, tmp_path):
    told = tmp_path / "exact.yaml"
    told.write_text(YAML.replace("double precision", "numeric"), encoding="utf-8")
    sent = lines[9].replace('"weight":1.0', '"weight":"1.00"')
    done = door([*lines[:2], sent], told)
    assert done.exit_code == 65
    assert [json.loads(row)["weight"] for row in done.stdout.splitlines()] == ["1.00"]
    assert done.stderr.count("quarantined: line") == 2
    assert "a JSON number, which may have been rounded" in done.stderr
    assert "quarantined: 2" in done.stderr
