"""A field is the type that it must be, or the error says what came in its place."""

import pytest

from pipelines.sources.evm_node.fields import (
    address,
    amount,
    data,
    hash32,
    json_text,
    listed,
    mapping,
    number,
    optional,
    others,
    word,
)

MOST = 2**256 - 1


@pytest.mark.parametrize(
    ("read", "sent", "value"),
    [
        (number, "0x0", 0),
        (number, "0x1F", 31),
        (number, hex(2**63 - 1), 2**63 - 1),
        (amount, hex(MOST), str(MOST)),
        (data, "0x", b""),
        (data, "0xAb00", b"\xab\0"),
        (hash32, "0x" + "0a" * 32, b"\x0a" * 32),
        (address, "0x" + "aB" * 20, b"\xab" * 20),
        (word, "0x1", bytes(31) + b"\1"),
        (word, hex(MOST), b"\xff" * 32),
    ],
)
def test_a_field_is_read_exactly(read, sent, value):
    assert read({"it": sent}, "it") == value


@pytest.mark.parametrize(("read", "value"), [(number, 5), (amount, "5")])
@pytest.mark.parametrize("sent", ["0x05", "0x" + "5".zfill(64)])
def test_a_padded_quantity_is_the_same_number(read, value, sent):
    assert read({"it": sent}, "it") == value


NO_QUANTITIES: tuple = (
    *(None, 5, 5.0, True, [], {}, "", "5", "0x", "0xg", "0X5", "-0x5", "+0x5", "0x-5"),
    *("0x5 ", " 0x5", "0x5\n", "0x1_0", "0x\uff15", "0x 5", "0x" + "5" * 65),
)


@pytest.mark.parametrize("read", [number, amount, word])
@pytest.mark.parametrize("sent", NO_QUANTITIES, ids=repr)
def test_what_is_no_quantity_is_refused_by_its_name(read, sent):
    with pytest.raises(ValueError, match=r"^it is .*, not a quantity of 256 bits$"):
        read({"it": sent}, "it")


NO_DATA: tuple = (
    *(
        None,
        5,
        True,
        [],
        {},
        "",
        "ab",
        "0xabc",
        "0xgg",
        "0Xab",
        "0x ab",
        "0xab ",
        "0x ",
    ),
    *("0xab cd", "xxab", "0x\uff11\uff11", "0xab\0"),
)


@pytest.mark.parametrize("read", [data, hash32, address])
@pytest.mark.parametrize("sent", NO_DATA, ids=repr)
def test_what_is_no_data_is_refused_by_its_name(read, sent):
    with pytest.raises(ValueError, match=r"^it is .*, not 0x and hex of whole bytes$"):
        read({"it": sent}, "it")


@pytest.mark.parametrize(
    ("read", "sent", "expected"),
    [
        (number, hex(2**63), "below 2^63"),
        (hash32, "0x" + "00" * 31, "32 bytes"),
        (hash32, "0x" + "00" * 33, "32 bytes"),
        (hash32, "0x" + "00 " * 32, "0x and hex of whole bytes"),
        (hash32, "00" * 33, "0x and hex of whole bytes"),
        (address, "0x", "20 bytes"),
        (listed, {}, "a list"),
        (mapping, [], "a mapping"),
    ],
)
def test_what_has_another_size_or_shape_is_refused(read, sent, expected):
    with pytest.raises(ValueError, match=f", not {expected}".replace("^", r"\^")):
        read({"it": sent}, "it")


def test_an_error_tells_a_missing_field_from_null_and_shows_no_more_than_it_must():
    with pytest.raises(ValueError, match=r"^gas is missing, not"):
        number({}, "gas")
    with pytest.raises(ValueError, match=r"^gas is null, not"):
        number({"gas": None}, "gas")
    with pytest.raises(ValueError, match=r"^gas is '0xx{78}', not"):
        number({"gas": "0x" + "x" * 10_000}, "gas")


def test_an_optional_field_may_be_null_or_missing_and_nothing_else():
    assert optional(number, {}, "gas") is None
    assert optional(number, {"gas": None}, "gas") is None
    with pytest.raises(ValueError, match="gas is ''"):
        optional(number, {"gas": ""}, "gas")


def test_what_is_not_known_is_kept_as_json_but_for_null():
    known = frozenset({"hash"})
    assert others({"hash": 1}, known) is None
    assert others({"hash": 1, "l1Fee": None}, known) is None
    assert others({"hash": 1, "l1Fee": "0x1"}, known) == '{"l1Fee":"0x1"}'
    assert json_text(["a\0b"]) == '["a\\ufffdb"]'  # jsonb would refuse it
