"""What a message is: a change, a tombstone, or refused with a reason."""

import json

import pytest

from pipelines.config.declaration import Declaration, read_declaration
from pipelines.errors import SetupError
from pipelines.sources.config_changes.event import decoded

THINGS = Declaration(
    "config.things", ("kind", "size"), {"kind": "text", "size": "numeric", "n": "int"}
)
SOURCE = {
    "schema": "config",
    "table": "things",
    "lsn": 33133072,
    "txId": 605,
    "ts_ms": 1596010976756,
    "snapshot": "false",
}
ROW = {"kind": "a", "size": "1.0", "n": 1}


def message(**changes):
    event = {"before": None, "after": ROW, "source": SOURCE, "op": "c", "ts_ms": 9}
    return json.dumps({**event, **changes})


def event(**changes):
    return told(message(**changes), offset=4)


def told(sent, **where):
    found = decoded(sent, THINGS, **{"offset": 0, **where})
    assert found
    return found


def test_a_change_carries_where_it_stands_and_when_it_was_committed():
    found = event(
        transaction={"id": "605:1", "total_order": 3, "data_collection_order": 1}
    )
    assert found.identity == ("config.things", 33133072, 605, '["a","1"]', "c", 3)
    assert (found.position, found.offset, found.snapshot) == (3, 4, None)
    assert found.committed_at_us == 1596010976756000
    assert found.captured_at_us == 9000


def test_microseconds_are_taken_where_they_are_sent():
    found = event(source={**SOURCE, "ts_us": 1596010976756123}, ts_us=9001)
    assert (found.committed_at_us, found.captured_at_us) == (1596010976756123, 9001)


def test_without_a_transaction_the_position_is_null():
    assert event(transaction=None).position is None
    assert event().position is None


@pytest.mark.parametrize("sent", [None, b"", "null", '{"schema":null,"payload":null}'])
def test_a_tombstone_is_no_change(sent):
    assert decoded(sent, THINGS, offset=0) is None


def test_both_forms_of_the_envelope_are_one_change():
    plain = event()
    for schema in ("null", '{"type":"struct","fields":[]}'):
        wrapped = f'{{"schema":{schema},"payload":{message()}}}'
        assert decoded(wrapped, THINGS, offset=4) == plain


def test_decimals_that_are_equal_are_one_key():
    keys = {
        event(after={**ROW, "size": size}).row_key
        for size in ("1", "1.0", "1.00", "01.0")
    }
    assert keys == {'["a","1"]'}


def test_a_delete_takes_its_key_from_before_or_from_the_messages_key():
    deleted = message(op="d", before=ROW, after=None)
    assert told(deleted).row_key == '["a","1"]'
    bare, key = message(op="d", after=None), '{"kind":"a","size":"1.00"}'
    for sent in (key, f'{{"schema":null,"payload":{key}}}'):
        assert told(bare, key=sent).row_key == '["a","1"]'


def test_a_message_of_another_key_than_the_tables_is_refused():
    """The key was changed: which row it is of would be guessed."""
    with pytest.raises(ValueError, match=r"its key is \(kind\), and that of .* size"):
        told(message(), key='{"kind":"a"}')
    assert told(message(), key="{}").row_key == '["a","1"]'


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("{", "not JSON"),
        (b"\xff", "not UTF-8 at byte 0"),
        ("[" * 100_000, "nested deeper than 32 levels"),
        ("[]", "no `op`"),
        ('{"op":"c"}', "no `source`"),
        (message(op="m"), "none of r, c, u, d, t"),
        (message(source={**SOURCE, "table": "others"}), "config.others, not of"),
        (message(source={**SOURCE, "schema": "public"}), "public.things, not of"),
        (message(source={**SOURCE, "lsn": None}), "no source.lsn"),
        (message(source={**SOURCE, "lsn": "x"}), "source.lsn is x"),
        (
            message(source={**SOURCE, "lsn": 1 << 63}),
            "source.lsn is 9223372036854775808",
        ),
        (message(source={**SOURCE, "txId": 1.5}), "source.txId is 1.5"),
        (message(after={**ROW, "colour": 1}), "column 'colour' is not declared"),
        (message(after=[1]), "`after` is no row"),
        (message(after=None), "op 'c' without the key (kind, size)"),
        (message(after={**ROW, "kind": None}), "without the key"),
        (message(op="d", after=None), "does not say which row"),
        (message(op="u", before={**ROW, "kind": "b"}), "a delete and a create"),
        (message(before={**ROW, "n": "x"}), "column 'n'"),
    ],
)
def test_a_message_that_is_no_change_of_the_table_is_refused(sent, reason):
    with pytest.raises(ValueError, match=r"\S") as refused:
        decoded(sent, THINGS, offset=0)
    assert reason in str(refused.value)


def test_a_declaration_is_read_from_yaml(tmp_path):
    path = tmp_path / "things.yaml"
    path.write_text("table: things\nkey: [id]\ncolumns: {id: int, no: 'numeric(5, 2)'}")
    read = read_declaration(path)
    assert (read.table, read.key) == ("things", ("id",))
    assert read.columns == {"id": "int", "no": "numeric(5, 2)"}
    assert read.types["no"].kind == "decimal"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("table: t\nkey: [id]", "should have `table`"),
        ("table: t\nkey: [id]\ncolumns: [id]", "should have `table`"),
        ("table: t\nkey: [id]\ncolumns: {id: 5}", "not the name of a type"),
        ("table: t\nkey: [id]\ncolumns: {id: numeric(5, 2)}", "is quoted there"),
        ("table: t\nkey: []\ncolumns: {id: text}", "no key"),
        ("table: t\nkey: [no]\ncolumns: {id: text}", "no column 'no'"),
        ("table: t\nkey: [id]\ncolumns: {id: '!'}", "not the name of a type"),
        ("table: [", "not YAML"),
    ],
)
def test_a_declaration_that_says_something_else_is_refused(tmp_path, text, reason):
    path = tmp_path / "things.yaml"
    path.write_text(text)
    with pytest.raises(SetupError) as refused:
        read_declaration(path)
    assert reason in str(refused.value)


def test_a_declaration_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(SetupError, match="can not be read"):
        read_declaration(tmp_path / "none.yaml")
