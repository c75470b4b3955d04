"""Gold as clients read it: every mart whole, with exact numbers, and with its key.

The marts are those that are found. Each is copied, without its rules, and given a row
of the largest values that its types hold, one of the smallest, and one of nothing.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
import sqlalchemy
from psycopg.types.string import TextLoader

from pipelines import warehouse
from pipelines.settings import PROJECT_DIR

MOST_DIGITS = 38  # of a decimal of 128 bits
COLUMNS = """
select c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
from pg_catalog.pg_class as c
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
where
    c.relnamespace = 'gold'::regnamespace and c.relkind in ('r', 'v')
    and a.attnum > 0 and not a.attisdropped
order by c.relname, a.attnum
"""
VALUES: dict[str, tuple[str, str]] = {
    "text": ("x" * 100, ""),
    "text[]": ("{a,b}", "{}"),
    "jsonb": ('{"a": "1.5"}', '{"a": "-1"}'),
    "boolean": ("true", "false"),
    "integer": (f"{2**31 - 1}", f"{-(2**31)}"),
    "bigint": (f"{2**63 - 1}", f"{-(2**63)}"),
    "double precision": ("1.7976931348623157e308", "-0.1"),
    "timestamp with time zone": (
        "2026-11-30 12:00:00.000001+00",
        "1970-01-01 00:00+00",
    ),
    "numeric": ("9" * 78 + "." + "9" * 18, "-0.1"),
    "date": ("2026-11-30", "1970-01-01"),
}
# what the sums of features go on from: more digits than any market has
STATES = {"numeric(60,18)": MOST_DIGITS}
DOCUMENT = (PROJECT_DIR / "docs" / "clients.md").read_text(encoding="utf-8")


def numeric(kind: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"numeric\((\d+),(\d+)\)", kind)
    return (int(found[1]), int(found[2])) if found else None


def is_decimal(kind: str) -> bool:
    return kind.startswith("numeric")


def is_wide(kind: str) -> bool:
    """Whether it is an amount of a chain, of 256 bits."""
    digits = numeric(kind) or (0, 0)
    return kind == "numeric" or (digits[0] > MOST_DIGITS and kind not in STATES)


def extremes(kind: str) -> tuple[str, str]:
    """The largest and the smallest value of a type."""
    if digits := numeric(kind):
        precision, scale = STATES.get(kind, digits[0]), digits[1]
        nines = "9" * precision
        most = f"{nines[: precision - scale] or 0}.{nines[:scale]}".rstrip(".")
        return most, f"-{most}"
    return VALUES[kind]


@pytest.fixture(scope="module")
def gold(
    server: Any, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, dict[str, str]]]:
    """The columns of each mart and their types; schema `clients` has the copies."""
    from tests.conftest import warehouse_of

    with (
        pytest.MonkeyPatch.context() as patched,
        warehouse_of(server, tmp_path_factory.mktemp("gold"), patched, built_template),
        warehouse.connect(None, "test") as owner,
    ):
        marts: dict[str, dict[str, str]] = {}
        for mart, column, kind in owner.execute(COLUMNS).fetchall():
            marts.setdefault(mart, {})[column] = kind
        owner.execute("create schema clients")
        for mart, columns in marts.items():
            copy = f"clients.{mart}"
            owner.execute(f"create table {copy} as select * from gold.{mart} limit 0")
            kinds = columns.values()
            for row in zip(*map(extremes, kinds), strict=True):
                cells = ", ".join(f"%s::{kind}" for kind in kinds)
                owner.execute(f"insert into {copy} values ({cells})", row)
            owner.execute(f"insert into {copy} default values")
        yield marts


@pytest.fixture
def connection(gold: object) -> Iterator[warehouse.Connection]:
    del gold
    with warehouse.connect(None, "test") as connection:
        yield connection


@pytest.fixture
def engine(gold: object) -> sqlalchemy.Engine:
    del gold
    return sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: warehouse.connect(None, "test")
    )


def asked(mart: str, columns: dict[str, str]) -> str:
    """Every column, those of 256 bits as text, as docs/clients.md says."""
    cells = (
        f"{name}::text" if is_wide(kind) else name for name, kind in columns.items()
    )
    return f"select {', '.join(cells)} from clients.{mart}"


def same(value: Any, text: str, kind: str) -> bool:
    """Whether a client has the very number that was written."""
    return Decimal(value) == Decimal(text) if is_decimal(kind) else value is not None


def test_no_number_of_a_mart_but_amounts_of_chains_is_beyond_128_bits(gold):
    wide = {
        (mart, name): kind
        for mart, columns in gold.items()
        for name, kind in columns.items()
        if is_wide(kind)
    }
    unbounded = {where for where, kind in wide.items() if kind == "numeric"}
    assert unbounded == {("fct_token_transfers_named", "amount")}
    assert {wide[where] for where in wide.keys() - unbounded} == {"numeric(78,0)"}
    states = [m for m, columns in gold.items() if STATES.keys() & set(columns.values())]
    assert states == ["fct_market_features"]


def test_polars_pyarrow_and_duckdb_read_every_mart_whole(gold, connection):
    for mart, columns in gold.items():
        by_polars = pl.read_database(asked(mart, columns), connection)
        by_pyarrow = by_polars.to_arrow()
        by_duckdb = duckdb.execute("select * from by_pyarrow").fetchall()
        most = by_polars.row(0), tuple(by_pyarrow.to_pylist()[0].values()), by_duckdb[0]
        for row in most:
            cells = zip(row, columns.items(), strict=True)
            wrong = [
                (name, value)
                for value, (name, kind) in cells
                if not same(value, extremes(kind)[0], kind)
            ]
            assert not wrong, mart
        assert by_polars.height == len(by_duckdb) == by_pyarrow.num_rows == 3


def test_pandas_reads_every_mart_whole_and_exactly(gold, engine):
    for mart, columns in gold.items():
        question = f"select * from clients.{mart}"
        frame = pd.read_sql(question, engine, coerce_float=False)
        for name, kind in columns.items():
            if is_decimal(kind):
                assert frame[name][0] == Decimal(extremes(kind)[0]), (mart, name)
        assert len(frame) == 3


def test_a_whole_mart_of_a_chain_is_read_with_its_numbers_as_text(gold, connection):
    connection.adapters.register_loader("numeric", TextLoader)
    wide = [m for m, columns in gold.items() if any(map(is_wide, columns.values()))]
    assert wide
    for mart in wide:
        frame = pl.read_database(f"select * from clients.{mart}", connection)
        for name, kind in gold[mart].items():
            if is_decimal(kind):
                assert frame[name][0] == extremes(kind)[0], (mart, name)


def test_what_is_beyond_128_bits_is_refused_by_polars_not_rounded(connection):
    with pytest.raises(RuntimeError, match="too large"):
        pl.read_database("select 1e77::numeric(78, 0) as amount_raw", connection)


def test_every_table_of_gold_shows_its_key(gold, engine):
    inspector = sqlalchemy.inspect(engine)
    tables = [t for t in inspector.get_table_names("gold") if t in gold]
    assert len(tables) > 20
    for table in tables:
        key = inspector.get_pk_constraint(table, "gold")["constrained_columns"]
        assert key, table


def test_the_relations_that_are_documented_lead_to_a_key(gold, engine):
    inspector = sqlalchemy.inspect(engine)
    relations = re.findall(
        r"^\| `(\w+)` \| (.+?) \| `(\w+)` \|$", DOCUMENT, re.MULTILINE
    )
    assert len(relations) > 5
    for mart, words, to in relations:
        columns = re.findall(r"`(\w+)`", words)
        assert set(columns) <= gold[mart].keys(), (mart, words)
        key = inspector.get_pk_constraint(to, "gold")["constrained_columns"]
        assert len(key) == len(columns), (mart, to)


def test_the_blocks_of_the_document_run(gold, monkeypatch):
    with warehouse.connect(None, "test") as owner:
        known = owner.info
        owner.execute(f"alter database {known.dbname} set search_path = clients")
        place = f"{known.host}:{known.port}/{known.dbname}"
        address = f"://{known.user}:{known.password}@{place}"
    monkeypatch.setenv("LIBPQ", f"postgresql{address}")
    monkeypatch.setenv("SQLALCHEMY", f"postgresql+psycopg{address}")
    said: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL):
        exec(block, said)
    assert said["by_pandas"]["close"][0] == Decimal(extremes("numeric(38,18)")[0])
    assert said["whole"]["amount_raw"][0] == "9" * 78
    assert said["whole"]["log_index"].dtype == pl.Int64
