"""From where a topic is read, and what becomes of its messages."""

import json

import pytest

from pipelines.config.declaration import Declaration
from pipelines.sources.config_changes.batch import Message, Place, raw_bytes
from pipelines.sources.config_changes.connector import Connector
from pipelines.sources.config_changes.replay import replay
from pipelines.sources.config_changes.topics import ConfigTopics, start

PLACE = Place("bullion.config.things", "id-1", 0)
CONNECTOR = Connector("bullion", "warehouse")
OURS = {
    "connector": "postgresql",
    "name": "bullion",
    "db": "warehouse",
    "schema": "config",
    "table": "things",
}
ANEW = Place("bullion.config.things", "id-2", 0)


def change(columns=None, **changes):
    source = {**OURS, "lsn": 5, "txId": 1}
    after = {"id": 1, **(columns or {})}
    event = {"before": None, "after": after, "source": source, "op": "c", **changes}
    return json.dumps(event).encode()


def messages(*values, place=PLACE, first=10):
    return [
        Message(place, first + number, b"{}", value)
        for number, value in enumerate(values)
    ]


def declared(**columns):
    return {"things": Declaration("config.things", ("id",), {"id": "int", **columns})}


def test_a_partition_that_was_never_read_is_read_from_its_beginning():
    assert start(PLACE, (3, 9), {}).offset == 3


def test_reading_goes_on_where_it_ended_be_it_the_logs_end():
    assert start(PLACE, (0, 9), {PLACE: 7}).offset == 7
    assert start(PLACE, (0, 9), {PLACE: 9}).offset == 9


def test_a_topic_made_anew_is_read_from_its_beginning_whatever_was_read():
    found = start(ANEW, (0, 900), {PLACE: 7})
    assert (found.offset, found.is_anew) == (0, False)
    assert "made anew" in found.reason


def test_a_place_beyond_the_logs_end_is_given_up_not_waited_for():
    found = start(PLACE, (2, 9), {PLACE: 10})
    assert (found.offset, found.is_anew) == (2, True)
    assert "ends at offset 9, and 10 was read" in found.reason


def test_offsets_that_went_unread_are_told():
    found = start(PLACE, (8, 9), {PLACE: 5})
    assert (found.offset, found.is_anew) == (8, True)
    assert "3 offsets are gone unread" in found.reason


def test_a_batch_speaks_for_every_offset_and_counts_what_they_were():
    topics = ConfigTopics(CONNECTOR, declared)
    sent = messages(change(), None, b"{", change(op="x"), first=12)
    batch = topics.batch(sent, {PLACE: 10}, "test")
    (page,) = batch.pages
    assert (page.from_offset, page.until_offset) == (10, 16)
    counts = (page.events_count, page.tombstones_count, page.quarantined_count)
    assert counts == (1, 1, 2)
    assert [refused.message.offset for refused in batch.refused] == [14, 15]
    assert batch.bytes_count == sum(len(m.value or b"") + 2 for m in sent)


def test_an_added_column_is_taken_up_without_a_restart():
    looks = iter([declared(), declared(colour="text")])
    topics = ConfigTopics(CONNECTOR, lambda: next(looks))
    batch = topics.batch(messages(change({"colour": "red"})), {PLACE: 10}, "test")
    assert [landed.event.after for landed in batch.landed] == [
        {"id": "1", "colour": "red"}
    ]
    assert batch.refused == []


def test_a_column_that_is_declared_nowhere_is_refused_after_one_look():
    looks = iter([declared(), declared()])
    topics = ConfigTopics(CONNECTOR, lambda: next(looks))
    sent = messages(*[change({"colour": "red"})] * 3)
    batch = topics.batch(sent, {PLACE: 10}, "test")
    assert [refused.reason for refused in batch.refused] == [
        "column 'colour' is not declared in config.things"
    ] * 3


@pytest.mark.parametrize("field", OURS)
@pytest.mark.parametrize("value", ["another", "", None, 1, ["bullion"], "things "])
def test_what_the_connector_did_not_write_is_refused_by_the_field(field, value):
    source = {**OURS, "lsn": 5, "txId": 1, field: value}
    sent = messages(change(), change(source=source), change())
    batch = ConfigTopics(CONNECTOR, declared).batch(sent, {PLACE: 10}, "test")
    assert [landed.event.offset for landed in batch.landed] == [10, 12]
    (refused,) = batch.refused
    assert refused.message.offset == 11
    if field not in {"schema", "table"}:
        told = f"not written by the stream's connector: source.{field} is "
        assert refused.reason.startswith(told)


def test_a_table_that_calls_itself_by_schema_and_name_is_another():
    source = {**OURS, "lsn": 5, "schema": "public", "table": "config.things"}
    sent = messages(change(source=source))
    batch = ConfigTopics(CONNECTOR, declared).batch(sent, {PLACE: 10}, "test")
    (refused,) = batch.refused
    assert refused.reason.endswith('source.schema is "public", not "config"')


def test_a_file_may_hold_the_events_of_another_server(tmp_path):
    foreign = {**OURS, "connector": "mysql", "name": "theirs", "db": "shop", "lsn": 5}
    file = tmp_path / "events.jsonl"
    file.write_bytes(change(source=foreign))
    (table,) = declared().values()
    done = replay(file, table)
    assert (done.lines, done.refusals) == (['{"id":1}'], [])


def test_a_topic_of_no_declared_table_is_refused_by_name():
    place = Place("bullion.config.others", "x", 0)
    batch = ConfigTopics(CONNECTOR, declared).batch(
        messages(change(), place=place), {place: 0}, "test"
    )
    assert [(r.name, r.reason) for r in batch.refused] == [
        ("config.others", "config.others is not declared")
    ]


@pytest.mark.parametrize("value", [b"text \xc3\xa9", b"\xff\xfe", b"a\0b", b"", None])
def test_the_bytes_of_a_refused_message_are_kept_as_they_came(value):
    for key in (b"key", b"\xff", None):
        kept_key, kept, encoding = Message(PLACE, 0, key, value).raw_fields
        assert raw_bytes(kept, encoding) == value
        assert raw_bytes(kept_key, encoding) == key
        assert "\0" not in f"{kept}{kept_key}"
