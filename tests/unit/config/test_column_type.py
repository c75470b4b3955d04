"""What a type's name says, in every spelling that Postgres has for it."""

import pytest

from pipelines.config.column_type import column_type

SPELLINGS = {
    "interval": [
        "interval",
        "interval(3)",
        "interval second(3)",
        "INTERVAL DAY TO SECOND (3)",
        "interval year to month",
        "interval hour",
        "pg_catalog.interval",
    ],
    "timestamptz": [
        "timestamptz",
        "timestamptz(3)",
        "timestamp(3) with time zone",
        "timestamp (3) with time zone",
        "Timestamp With  Time\tZone",
    ],
    "timestamp": ["timestamp", "timestamp(0)", "timestamp(6) without time zone"],
    "timetz": ["timetz", "timetz(2)", "time(2) with time zone"],
    "time": ["time", "time(3)", "time (3) without time zone"],
    "decimal": ["numeric", "numeric(38, 18)", "DECIMAL(5)", "dec(5,1)", "money"],
    "binary": ["bytea", "bit varying", "bit varying(5)", "varbit(5)", "bit(8)"],
    "boolean": ["bool", "boolean", "bit", "bit(1)", '"bool"'],
    "floating": ["real", "float(24)", "float8", "double  precision"],
    "integer": ["int", "INT4", "bigserial", "pg_catalog.int8", '"int2"', "oid"],
    "json": ["json", "jsonb"],
    "structure": ["point", "geometry(Point,4326)", "public.geography"],
    "unsent": ["record", "box", "polygon"],
    "text": [
        "text",
        '"char"',
        "character varying(3)",
        "national character(3)",
        "bpchar",
        "exchange_kind",
        "größe",
        '"Größe"',
        'config."Flag Kind"',
        '"we""ird [type]("',
        '"double precision"',
        '"Numeric"',
        'config."numeric"',
        "config.interval",
        "public.citext",
        "inet",
    ],
    "array": ["_text", "text[]", "int[3][3]", "integer ARRAY", "int array[3]", '"A"[]'],
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in SPELLINGS for name in SPELLINGS[kind]]
)
def test_a_type_is_known_by_each_of_its_spellings(kind, name):
    assert column_type(name).kind == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("_int4", "integer"),
        ("numeric(5,1)[]", "decimal"),
        ("int[][]", "integer"),
        ("interval second(3)[]", "interval"),
        ("timestamp(3) with time zone[]", "timestamptz"),
        ("bit varying(5)[]", "binary"),
        ('config."Flag Kind"[]', "text"),
        ('"array"[]', "text"),
    ],
)
def test_an_arrays_elements_have_the_type_before_the_brackets(name, kind):
    element = column_type(name).element
    assert element
    assert element.kind == kind


def test_modifiers_stand_wherever_the_spelling_puts_them():
    assert column_type("timestamp(3) with time zone").modifiers == (3,)
    assert column_type("interval day to second(2)").modifiers == (2,)
    scales = ("numeric(12, 2)", "numeric(12)", "numeric(5,-2)", "money", "numeric")
    assert [column_type(n).scale for n in scales] == [2, 0, 0, 2, None]


@pytest.mark.parametrize("name", ["!", "5", "", " ", ".a", "a.", "int4)", '"', "int("])
def test_what_is_no_name_of_a_type_is_refused(name):
    with pytest.raises(ValueError, match="not the name of a type"):
        column_type(name)
