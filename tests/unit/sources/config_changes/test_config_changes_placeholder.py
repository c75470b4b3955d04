"""A placeholder is no value, whatever the type: the old value stands, or it is refused.

Its forms are those of Debezium's `UnchangedToastedPlaceholder`.
"""

import base64
import json

import pytest

from pipelines.sources.config_changes.event import decoded
from tests.histories.debezium_messages import (
    PLACEHOLDER,
    declaration,
    message,
    taken,
)

RAW = PLACEHOLDER.encode()
IN_BASE64 = base64.b64encode(RAW).decode()
AS_UUID = "b68a35a7-17ad-35b3-af2a-ae46edb4545a"  # UUID.nameUUIDFromBytes
SINGLE_BYTES = [base64.b64encode(bytes([byte])).decode() for byte in RAW]
ITEMS = {"name": "org.apache.kafka.connect.data.Decimal", "parameters": {"scale": "2"}}
FORMS = {
    "text": (PLACEHOLDER, "held"),
    "xml": (PLACEHOLDER, "<a/>"),
    "exchange_kind": (PLACEHOLDER, "spot"),
    "int4range": (PLACEHOLDER, "[1,2)"),
    "jsonb": (PLACEHOLDER, '{"a": 1}'),
    "json": (json.dumps(PLACEHOLDER), '{"a": 1}'),
    "hstore": (f'{{"{PLACEHOLDER}":"{PLACEHOLDER}"}}', '{"a":"1"}'),
    "bytea": (IN_BASE64, "aGVsZA=="),
    "bit varying": (IN_BASE64, "BQ=="),
    "numeric(12,2)": (IN_BASE64, "1.00"),
    "numeric": (PLACEHOLDER, "1.5"),
    "uuid": (AS_UUID, "00000000-0000-0000-0000-000000000001"),
    "geometry": ({"wkb": IN_BASE64, "srid": None}, {"wkb": "AQE=", "srid": None}),
    "text[]": ([PLACEHOLDER], ["held"]),
    "varchar(3)[]": ([PLACEHOLDER, PLACEHOLDER], ["held"]),
    "jsonb[]": ([PLACEHOLDER], ["1"]),
    "text[][]": ([[PLACEHOLDER]], [["held"]]),
    "uuid[]": ([AS_UUID], ["00000000-0000-0000-0000-000000000001"]),
    "bytea[]": ([IN_BASE64], ["aGVsZA=="]),
    "integer[]": (list(RAW), [10, 20, 30]),
    "bigint[]": (list(RAW), [10]),
    "smallint[]": (list(RAW), []),
    "real[]": ([float(byte) for byte in RAW], [0.5]),
    "date[]": (list(RAW), [19724]),
    "timestamp[]": (list(RAW), None),
    "numeric[]": (
        [{"scale": 0, "value": byte} for byte in SINGLE_BYTES],
        [{"scale": 0, "value": "AQ=="}],
    ),
}


@pytest.mark.parametrize("told", FORMS)
def test_a_placeholder_is_no_value_whatever_the_type(told):
    sent, _ = FORMS[told]
    with pytest.raises(ValueError, match="was not sent: the table's replica identity"):
        taken(sent, told)


@pytest.mark.parametrize("told", [told for told in FORMS if FORMS[told][1] is not None])
def test_what_the_log_did_not_repeat_is_the_old_value(told):
    sent, old = FORMS[told]
    assert taken(sent, told, before=old) == taken(old, told)


def test_decimals_in_bytes_of_an_array_are_its_placeholder_too():
    with pytest.raises(ValueError, match="was not sent"):
        taken(SINGLE_BYTES, "numeric(12,2)[]", schema={"type": "array", "items": ITEMS})


@pytest.mark.parametrize("before", [{"id": 1}, {"id": 1, "value": None}])
def test_a_before_that_lacks_the_value_gives_none(before):
    """With another replica identity all but the key is null in `before`."""
    change = message("u", before, {"id": 1, "value": PLACEHOLDER})
    with pytest.raises(ValueError, match="was not sent"):
        decoded(change, declaration("text"), offset=0)


@pytest.mark.parametrize("op", ["u", "d"])
def test_a_placeholder_before_the_change_is_no_value_either(op):
    old = {"id": 1, "value": list(RAW)}
    change = message(op, old, None if op == "d" else {"id": 1, "value": [1]})
    with pytest.raises(ValueError, match="was not sent"):
        decoded(change, declaration("integer[]"), offset=0)


def test_trues_that_may_be_a_placeholder_or_a_value_are_refused():
    trues = [True] * len(RAW)
    assert taken(trues, "boolean[]") == trues  # of an insert
    for before in ([True], [False] * 3000):
        with pytest.raises(ValueError, match="is a value, or stands for one"):
            taken(trues, "boolean[]", before=before)
    assert taken(trues, "boolean[]", before=trues) == trues
    assert taken(trues[1:], "boolean[]", before=[]) == trues[1:]


def test_numbers_that_are_not_its_bytes_are_values():
    sent = [*RAW[:-1], RAW[-1] + 1]
    assert taken(sent, "integer[]") == list(map(str, sent))
    assert taken(list(RAW[:-1]), "integer[]") == list(map(str, RAW[:-1]))


@pytest.mark.parametrize(
    ("set_as", "sent", "told"),
    [
        ("not sent", "not sent", "text"),
        ("not sent", list(b"not sent"), "integer[]"),
        ("hex:00ff", base64.b64encode(b"\x00\xff").decode(), "bytea"),
        ("hex:00ff", [0, -1], "smallint[]"),
    ],
)
def test_a_placeholder_that_the_connector_was_given_is_declared(set_as, sent, told):
    with pytest.raises(ValueError, match="was not sent"):
        taken(sent, told, unavailable_value_placeholder=set_as)
