"""A change is decoded by its table's declaration: exact, or refused with a reason."""

import base64
import json

import pytest

from pipelines.config.declaration import Declaration
from pipelines.sources.config_changes.envelope import as_json
from pipelines.sources.config_changes.event import decoded

DECIMAL = "org.apache.kafka.connect.data.Decimal"
VARIABLE = "io.debezium.data.VariableScaleDecimal"
SOURCE = {"schema": "config", "table": "things", "lsn": 7, "txId": 3, "ts_ms": 5}


def declaration(told):
    return Declaration("config.things", ("id",), {"id": "bigint", "value": told})


def message(sent, schema=None, **changes):
    """A create of `sent`, JSON as it stands; with `schema` in an embedding envelope."""
    payload = (
        '{"before":null,"after":{"id":1,"value":' + sent + '},"source":'
        f'{json.dumps(SOURCE)},"op":"c","ts_ms":6,"transaction":null}}'
    )
    if schema is None:
        return payload
    fields = [{"field": "id", "type": "int64"}, {"field": "value", **schema}]
    images = [
        {"type": "struct", "fields": fields, "field": name}
        for name in ("before", "after")
    ]
    told = json.dumps({"type": "struct", "fields": images})
    return f'{{"schema":{told},"payload":{payload}}}'


def value(told, sent, schema=None):
    return as_json(after(message(sent, schema), declaration(told))["value"])


def after(sent, told):
    event = decoded(sent, told, offset=0)
    assert event
    assert event.after
    return event.after


def unscaled(number, length=8):
    raw = number.to_bytes(length, "big", signed=True)
    return json.dumps(base64.b64encode(raw).decode())


def bytes_schema(scale):
    return {"type": "bytes", "name": DECIMAL, "parameters": {"scale": str(scale)}}


@pytest.mark.parametrize(
    ("told", "sent", "expected"),
    [
        ("numeric(10,2)", '"3.10"', '"3.10"'),
        ("numeric", '"123456789.123456789123456789"', '"123456789.123456789123456789"'),
        ("decimal", '"NAN"', '"NaN"'),
        ("double precision", "3.140000104904175", "3.140000104904175"),
        ("real", "1e-05", "1e-05"),
        ("float8", '"NaN"', '"NaN"'),
        ("bigint", "9223372036854775807", "9223372036854775807"),
        ("int2", "-32768", "-32768"),
        ("oid", "4294967295", "4294967295"),
        ("bool", "true", "true"),
        ("varchar(255)", '"a \\"b\\" é"', '"a \\"b\\" \\u00e9"'),
        ("jsonb", '"{\\"a\\": 1.10}"', '"{\\"a\\": 1.10}"'),
        ("text[]", '["1m",null,"1h"]', '["1m",null,"1h"]'),
        ("_int4", "[1,2]", "[1,2]"),
        ("numeric(5,1)[]", '["1.5"]', '["1.5"]'),
        ("bytea", '"AAE="', '"AAE="'),
        ("double precision", "1e-400", None),
        ("bit varying(5)", '"BQ=="', None),
        ('"char"', '"x"', None),
        ("exchange_kind", '"spot"', None),
        ("point", '{"x":1.5,"y":2}', None),
        ("numeric", "null", None),
    ],
)
def test_a_value_is_kept_as_its_declared_type_has_it(told, sent, expected):
    assert value(told, sent) == (expected or sent)


@pytest.mark.parametrize(
    ("sent", "schema", "expected"),
    [
        (unscaled(314), bytes_schema(2), "3.14"),
        (unscaled(-1), bytes_schema(2), "-0.01"),
        (unscaled(0), bytes_schema(2), "0.00"),
        (unscaled(5), bytes_schema(-3), "5000"),
        (unscaled(10**40 + 1, 20), bytes_schema(18), f"{10**22}.{1:018d}"),
        ('"AN4="', bytes_schema(1), "22.2"),
        (
            f'{{"scale":3,"value":{unscaled(12345)}}}',
            {"type": "struct", "name": VARIABLE},
            "12.345",
        ),
        ('"3.10"', {"type": "string"}, "3.10"),
    ],
)
def test_a_decimal_in_bytes_becomes_its_exact_text(sent, schema, expected):
    assert value("numeric(38, 18)", sent, schema) == f'"{expected}"'


def test_an_array_of_decimals_in_bytes_becomes_texts():
    schema = {"type": "array", "items": bytes_schema(1)}
    assert value("numeric[]", f"[{unscaled(15)}]", schema) == '["1.5"]'


@pytest.mark.parametrize(
    ("told", "sent", "schema", "reason"),
    [
        ("numeric(10,2)", "3.14", None, "a JSON number, which may have been rounded"),
        ("numeric(10,2)", "3.14", {"type": "double"}, "may have been rounded"),
        ("numeric", "3", None, "may have been rounded"),
        ("numeric", '"3,14"', None, "no decimal in text"),
        ("numeric", '"not base64"', bytes_schema(2), "no decimal in bytes"),
        ("numeric", unscaled(1), {"type": "bytes", "name": DECIMAL}, "in bytes"),
        ("numeric", unscaled(1), bytes_schema(10**9), "scale 1000000000"),
        ("double precision", '"3.14"', None, "no number"),
        ("integer", "2147483648", None, "out of its bounds"),
        ("integer", "1.0", None, "no whole number"),
        ("integer", '"1"', None, "no whole number"),
        ("integer", "true", None, "no whole number"),
        ("boolean", "1", None, "neither true nor false"),
        ("text", "1", None, "no text"),
        ("text", '"a\\u0000b"', None, "NUL"),
        ("text", '"\\ud800"', None, "surrogate"),
        ("jsonb", '"{"', None, "not JSON"),
        ("text[]", '"a"', None, "no array"),
        ("text[]", "[1]", None, "no text"),
        ("timestamptz", "1704067200000", None, "sends as ISO text"),
        ("timestamptz", '"2024-01-01"', None, "no ISO time with a zone"),
        ("timestamp", '"2024-01-01T00:00:00"', None, "sends as a whole number"),
        ("bytea", '"%"', None, "not base64"),
        ("bytea", '"deadbeef"', None, "may be base64 or hexadecimal"),
        ("double precision", "9" * 4_001, None, "no number"),
        ("jsonb", '"NaN"', None, "not JSON"),
        ("jsonb", '"{\\"a\\": \\"\\\\u0000\\"}"', None, "NUL"),
        ("point", '{"x":{}}', None, "no structure"),
        ("point", '{"x":NaN}', None, "no structure"),
        ("point", '{"x":"\\u0000"}', None, "NUL"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(told, sent, schema, reason):
    with pytest.raises(ValueError, match=r"column 'value': .* for " + "") as refused:
        value(told, sent, schema)
    assert reason in str(refused.value)


def test_a_value_of_a_megabyte_is_kept_whole_and_a_refusal_quotes_little_of_it():
    large = json.dumps("x" * (1 << 20))
    assert value("text", large) == large
    with pytest.raises(ValueError, match="no whole number") as refused:
        value("integer", large)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("told", ["box", "polygon[]", "record"])
def test_of_a_table_with_a_column_that_is_not_sent_every_change_is_refused(told):
    """Its rows would lack the column in silence."""
    with pytest.raises(
        ValueError, match=r"column 'value' of config\.things is .*, a type"
    ):
        decoded(message("null"), declaration(told), offset=0)
