"""A key is a value, not its spelling: what is equal to Postgres is one key."""

from typing import Any

import pytest

from pipelines.sources.config_changes.event import decoded
from tests.histories.debezium_messages import declaration, message

EQUAL: dict[str, list[Any]] = {
    "timestamptz": [
        "2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00.000000Z",
        "2024-01-01T02:00:00+02:00",
        "2023-12-31T19:00:00.0-05:00",
    ],
    "timetz": ["10:00:00Z", "10:00Z", "10:00:00.000+00:00"],
    "numeric": ["1", "1.0", "1.00", "01.0", "+1", "1e0", "10E-1"],
    "numeric(9,2)": ["0.00", "-0.00"],
    "double precision": [1, 1.0, 1e0],
    "real": [0.1, 0.10000000149011612],
    "float8": [0.0, -0.0],
    "bigint": [0, -0],
    "interval": ["P1D", "PT24H", "P0Y0M1DT0S", 86_400_000_000, "P2DT-24H"],
    "interval second(3)": ["PT90S", "PT1M30S", 90_000_000],
    "interval(3)": ["P1M", "P30D", "PT720H"],
    "char(5)": ["a", "a    "],
    "bpchar": ["", "  "],
    "citext": ["Binance", "BINANCE"],
    "uuid": [
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    ],
    "inet": ["10.0.0.1", "10.0.0.1/32"],
    "cidr": ["::1/128", "0:0::1/128"],
    "jsonb": [
        '{"a": 1, "b": [1.0, "x"]}',
        '{"b":[1,"x"],"a":1.00}',
        '{"a": 2, "a": 1e0, "b": [10e-1, "\\u0078"]}',
    ],
    "numeric[]": [["1", None], ["1.0", None]],
    "timestamptz[]": [["2024-01-01T00:00:00Z"], ["2024-01-01T00:00:00.0Z"]],
    "float8[][]": [[[0.0]], [[-0.0]]],
    "date": [19724],
    "boolean": [True],
}
APART: dict[str, list[Any]] = {
    "timetz": ["10:00:00Z", "11:00:00+01:00"],  # the zone is a part of it
    "numeric": ["1", "1.0000000000000000000000000000000001", "-1", "NaN", "Infinity"],
    "double precision": [1, 1.0000000000000002],
    "real": [0.1, 0.10000001, 3.4e38],
    "interval": ["P1D", "PT25H", "P1M"],
    "text": ["a", "a ", "A", "é", "e\u0301"],
    '"char"': ["a", " "],
    "jsonb": ["[1,2]", "[2,1]", '{"a": 1}', '{"a": "1"}', "null"],
    "integer[]": [[1, 2], [2, 1], [], [None]],
    "boolean": [True, False],
    "bytea": ["AAE=", "AAA="],
}


def key(sent, told):
    event = decoded(
        message("c", None, {"id": sent}), declaration("int", key=told), offset=0
    )
    assert event
    return event.row_key


@pytest.mark.parametrize("told", EQUAL)
def test_a_key_is_a_value_not_its_spelling(told):
    assert len({key(sent, told) for sent in EQUAL[told]}) == 1


@pytest.mark.parametrize("told", APART)
def test_keys_that_differ_stay_apart(told):
    assert len({key(sent, told) for sent in APART[told]}) == len(APART[told])


def test_an_update_may_spell_its_key_otherwise():
    old, new = ({"id": f"2024-01-01T00:00:00{s}Z", "value": 1} for s in ("", ".000"))
    table = declaration("int", key="timestamptz")
    event = decoded(message("u", old, new), table, offset=0)
    assert event
    assert event.row_key == '["2024-01-01 00:00:00+00"]'


def test_a_delete_finds_its_row_by_the_messages_key():
    table = declaration("int", key="date")
    fields = [{"field": "id", "name": "io.debezium.time.Date"}]
    told = f'{{"schema":{{"fields":{fields}}},"payload":{{"id":19724}}}}'
    gone = decoded(
        message("d", None, None), table, offset=0, key=told.replace("'", '"')
    )
    assert gone
    assert gone.row_key == '["2024-01-02"]'
