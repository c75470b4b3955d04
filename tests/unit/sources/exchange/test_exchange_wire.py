"""Numbers stay the text that was sent."""

import sys
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.upstream import wire


def test_a_number_is_the_text_that_was_sent():
    body = '{"a": 123456789.123456789123, "b": [1.10, 7, "2.0", true, null, NaN]}'
    assert wire.decode(body) == {
        "a": "123456789.123456789123",
        "b": ["1.10", "7", "2.0", True, None, "NaN"],
    }


def test_what_is_written_back_is_what_was_sent():
    body = '{"a":0.10,"b":"0.10","c":[1e-7,true,null,"x\\"y"]}'
    assert wire.encode(wire.decode_exactly(body)) == body


@pytest.mark.parametrize(
    ("sent", "plain"),
    [
        ("1e-7", "0.0000001"),
        ("1.5E+3", "1500"),
        ("-0.000", "0"),
        ("0.10000000000000000000000", "0.1"),
        (
            "99999999999999999999.999999999999999999",
            "99999999999999999999.999999999999999999",
        ),
        ("+1", "1"),
        (".5", "0.5"),
    ],
)
def test_an_exponent_is_written_out_exactly(sent, plain):
    assert wire.plain(sent) == plain


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("abc", "'abc', not a number"),
        ("1_000", "'1_000', not a number"),
        ("NaN", "'NaN', not a number"),
        ("", "'', not a number"),
        ("0.1234567890123456789", "with 19 decimals, more than 18"),
        ("1e-19", "with 19 decimals, more than 18"),
        ("123456789012345678901", "with 21 digits before the point, more than 20"),
        ("1e999999999", "digits before the point, more than 20"),
        ("1e99999999999999999999", "a number out of all bounds"),
    ],
)
def test_a_number_that_postgres_would_round_is_refused(sent, reason):
    with pytest.raises(ValueError, match=reason):
        wire.plain(sent)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**19), max_value=10**19
    )
)
def test_a_plain_number_is_equal_to_the_one_sent(number):
    try:
        plain = wire.plain(str(number))
    except ValueError:
        assert (Fraction(number) * 10**18).denominator > 1
    else:
        assert Decimal(plain) == number
        assert "E" not in plain.upper()


def test_a_nul_is_replaced_and_text_that_spells_one_stays():
    assert wire.encode({"a\0": "b\0"}) == r'{"a\ufffd":"b\ufffd"}'
    spelled = r'{"a\\u0000":"b\\u0000"}'
    assert wire.encode(wire.decode_exactly(spelled)) == spelled


@pytest.mark.parametrize("decode", [wire.decode, wire.decode_exactly])
@pytest.mark.parametrize(
    "body",
    [
        '{"pair":[1],"pair":[]}',
        '[{"a":{"pair":1,"b":2,"pair":1}}]',
        r'{"pair":1,"p\u0061ir":2}',
    ],
)
def test_a_key_that_stands_twice_is_refused_by_its_name(decode, body):
    with pytest.raises(ValueError, match="the key 'pair' twice in one mapping"):
        decode(body)


def test_a_key_may_stand_in_many_mappings():
    assert wire.decode('[{"a":1},{"a":{"a":2}}]') == [{"a": "1"}, {"a": {"a": "2"}}]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("decode", [wire.decode, wire.decode_exactly])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("[" * 33 + "]" * 33, "nested deeper than 32 levels"),
        ('{"a":' * 33 + "1" + "}" * 33, "nested deeper than 32 levels"),
        ("[" * 100_000, "nested deeper than 32 levels"),
        ('[{"a":' * 100_000, "nested deeper than 32 levels"),
        ("[" + "1," * 4_000_000 + "1]", "values, more than 3000000"),
    ],
    ids=["lists", "mappings", "cut off", "both", "values"],
)
def test_a_document_beyond_the_bounds_is_refused_by_its_bound(decode, body, reason):
    with pytest.raises(ValueError, match=reason):
        decode(body)


def test_a_document_may_be_as_deep_as_the_bound():
    assert wire.decode("[" * 32 + "]" * 32)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["1" * 10**6 + "x", "9" * 10**6, "0." + "1" * 10**6])
def test_a_long_number_costs_no_more_than_a_look(text):
    with pytest.raises(ValueError, match="and so on"):
        wire.plain(text)


def test_a_library_that_raises_the_recursion_limit_lets_no_document_end_the_process():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)  # as py_ecc does, which comes with web3
    try:
        with pytest.raises(ValueError, match="nested deeper than 32 levels"):
            wire.decode("[" * 90_000 + "]" * 90_000)
    finally:
        sys.setrecursionlimit(before)
