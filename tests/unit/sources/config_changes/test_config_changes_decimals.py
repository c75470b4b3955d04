"""A decimal is exact, and what may be two decimals is not guessed."""

import base64

import pytest

from tests.histories.debezium_messages import taken

MODE = "decimal_handling_mode"


def in_bytes(number, length=4):
    return base64.b64encode(number.to_bytes(length, "big", signed=True)).decode()


@pytest.mark.parametrize(
    ("told", "sent", "expected"),
    [
        ("numeric(12,2)", "1234.00", "1234.00"),
        ("numeric(12,2)", "-0.05", "-0.05"),
        ("numeric(12,2)", "NaN", "NaN"),
        ("numeric(5,0)", "-1234", "-1234"),
        ("numeric(5)", "123", "123"),
        ("numeric", "1234", "1234"),
        ("numeric", "1E+3", "1000"),
        ("numeric", "-0.00", "0.00"),
        ("money", "1234.00", "1234.00"),
        ("numeric(12,2)[]", ["1.00", None], ["1.00", None]),
        ("numeric", {"scale": 3, "value": in_bytes(12345)}, "12.345"),
    ],
)
def test_a_text_that_can_be_nothing_else_needs_no_schema(told, sent, expected):
    assert taken(sent, told) == expected


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ("numeric(12,2)", "1234"),
        ("numeric(12,2)", "1234.5"),
        ("numeric(12,2)", "1e10"),
        ("numeric(12,2)", in_bytes(-5)),
        ("numeric(12)", "1234"),
        ("numeric(38,0)", "12345678"),
        ("decimal(4,0)", "1e10"),
        ("money", "1234"),
        ("numeric(12,2)[]", ["1234"]),
    ],
)
def test_a_decimal_that_may_be_text_or_bytes_is_refused_with_the_remedy(told, sent):
    with pytest.raises(ValueError, match=r"may say the connector's decimal\.handling"):
        taken(sent, told)


@pytest.mark.parametrize(
    ("told", "mode", "sent", "expected"),
    [
        ("numeric(12,2)", "string", "1234", "1234"),
        ("numeric(12,2)", "precise", "1234", "-26588.24"),
        ("numeric(12,2)", "precise", in_bytes(314), "3.14"),
        ("numeric(12)", "string", "1234", "1234"),
        ("numeric(12)", "precise", in_bytes(1234), "1234"),
        ("numeric(12,2)[]", "precise", [in_bytes(-1)], ["-0.01"]),
    ],
)
def test_the_declaration_says_whether_decimals_are_text_or_bytes(
    told, mode, sent, expected
):
    assert taken(sent, told, **{MODE: mode}) == expected


def test_a_schema_says_it_too():
    assert taken("1234", "numeric(12,2)", schema={"type": "string"}) == "1234"


@pytest.mark.parametrize("sent", ["1e999999999", "1e-20000", "9" * 131_073, "1e131072"])
def test_a_decimal_beyond_what_postgres_holds_is_refused(sent):
    with pytest.raises(ValueError, match="out of the bounds of Postgres"):
        taken(sent, "numeric")


def test_a_decimal_of_many_digits_is_exact_in_text_and_in_bytes():
    digits = "9" * 20_000
    assert taken(f"{digits}.5", "numeric") == f"{digits}.5"
    unscaled = in_bytes(1 << 60_000, 7_600)
    whole = taken({"scale": 0, "value": unscaled}, "numeric")
    assert (len(whole), int(whole[-9:])) == (18_062, pow(2, 60_000, 10**9))
