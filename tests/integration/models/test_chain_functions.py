"""What the ABI packs into words, Postgres reads as Python does, or as null."""

import random

import pytest

from pipelines import warehouse

CASES = 2000
EDGES = (0, 1, 2**63, 2**64, 2**127, 2**128 - 1, 2**160, 2**255 - 1, 2**255, 2**256 - 1)
# what inlines leaves no call in the plan
INLINED = ("hex(data)", "uint256(data, 1)", "int256(data, 1)", "address(data, 1)")
WORD = 32


def word(number: int) -> bytes:
    return (number % 2**256).to_bytes(WORD, "big")


def array(*items: bytes, count: int | None = None) -> bytes:
    return word(len(items) if count is None else count) + b"".join(items)


@pytest.fixture
def read(database):
    """The value of an expression of `data`, for each of these bytes."""
    with warehouse.connect("transformer", "test") as connection:

        def read(expression, *datas):
            query = (
                f"select chain.{expression} from unnest(%s::bytea[])"
                " with ordinality as datas (data, place) order by place"
            )
            rows = connection.execute(query, (list(datas),)).fetchall()
            return [value for (value,) in rows]

        yield read


def test_words_are_the_integers_that_python_reads(read):
    rng = random.Random(1)
    numbers = [*EDGES, *(rng.getrandbits(rng.randint(1, 256)) for _ in range(CASES))]
    datas = [word(rng.getrandbits(256)) + word(n) + word(0) for n in numbers]

    assert read("uint256(data, 1)", *datas) == numbers
    signed = [n - 2**256 if n >= 2**255 else n for n in numbers]
    assert read("int256(data, 1)", *datas) == signed
    assert read("bytes32(data, 1)", *datas) == [word(n) for n in numbers]
    addresses = [word(n)[12:] if n < 2**160 else None for n in numbers]
    assert read("address(data, 1)", *datas) == addresses
    assert read("hex(data)", *datas) == [f"0x{data.hex()}" for data in datas]


@pytest.mark.parametrize("name", ["uint256", "int256", "bytes32", "address"])
def test_a_word_that_is_not_there_is_null(read, name):
    short = [b"", b"\0" * 31, b"\0" * 63, None]
    assert read(f"{name}(data, 1)", *short) == [None] * 4
    assert read(f"{name}(data, -1)", b"\0" * 96) == [None]


def test_an_array_is_read_from_wherever_its_word_points(read):
    rng = random.Random(2)
    held = [[rng.getrandbits(256) for _ in range(rng.randint(0, 9))] for _ in range(50)]
    # 7 bytes that nobody points to: no decoder wants offsets to be of whole words
    datas = [
        word(9) + word(71) + b"\7" * 7 + array(*map(word, items)) for items in held
    ]

    assert read("array_length(data, 1)", *datas) == [len(items) for items in held]
    assert read("uint256_array(data, 1)", *datas) == held
    owners = word(WORD) + array(word(5), word(2**160))
    assert read("address_array(data, 0)", owners) == [[word(5)[12:], None]]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        word(WORD),
        word(2**255) + array(word(1)),
        word(WORD) + array(word(1), count=2),
        word(WORD) + array(word(1), count=2**256 - 1),
        word(WORD) + array(word(1))[:-1],
    ],
)
def test_an_array_that_is_cut_off_or_points_astray_is_null(read, data):
    for name in ("array_length", "uint256_array", "address_array", "string"):
        assert read(f"{name}(data, 0)", data) == [None]


def test_a_string_is_text_where_it_is_utf8(read):
    texts = ["", "USDT", "Tether ₮", "\U0001f600", "ÿ" * 40, "퟿", "￿"]
    encoded = [text.encode() for text in texts]
    datas = [word(WORD) + word(len(e)) + e + b"\0" * (-len(e) % WORD) for e in encoded]
    assert read("string(data, 0)", *datas) == texts

    rng = random.Random(3)
    noise = [rng.randbytes(rng.randint(1, 4)) for _ in range(CASES)]
    noise += [b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"A\0"]
    assert read("utf8(data)", *noise) == [utf8(bytes_) for bytes_ in noise]


def utf8(bytes_: bytes) -> str | None:
    try:
        return None if b"\0" in bytes_ else bytes_.decode()
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize("call", INLINED)
def test_a_query_takes_the_functions_in(database, call):
    with warehouse.connect("transformer", "test") as connection:
        plan = connection.execute(
            f"explain verbose select chain.{call} from (select data from unnest("
            "%s::bytea[]) as datas (data) offset 0) as rows",
            ([b"\0"],),
        ).fetchall()
    assert "chain." not in str(plan)


def test_analysts_may_read_words_and_nobody_else_who_was_not_named(database):
    with warehouse.connect("analyst", "test") as connection:
        read = "select chain.uint256(decode(repeat('ff', 32), 'hex'), 0)"
        assert connection.execute(read).fetchone() == (2**256 - 1,)
    with warehouse.connect(None, "test") as connection:
        opened = connection.execute(
            "select p.proname from pg_proc as p"
            " where p.pronamespace = 'chain'::regnamespace"
            " and has_function_privilege('public', p.oid, 'execute')"
        ).fetchall()
    assert opened == []
