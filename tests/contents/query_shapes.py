"""The README of `sql/queries`: each question with its answer's columns and their types.

`python -m tests.contents.query_shapes` writes it, by the built warehouse that `PG*`
names; a test holds it against the queries.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from pipelines import warehouse
from pipelines.settings import PROJECT_DIR
from pipelines.warehouse import Connection

QUERIES = PROJECT_DIR / "sql" / "queries"
README = QUERIES / "README.md"
HEAD = """# Questions

Each file opens with the question that it answers; `bullion sql -f sql/queries/NAME.sql`
asks it, and so can any client of Postgres, as a login of the role `analyst`. Below each
stand the columns of its answer with their types, as written by
`python -m tests.contents.query_shapes` on a built warehouse.
"""
# by the marts that a query reads; the first that holds
KINDS: Mapping[str, str] = {
    "Configuration": r"gold\.(dim_config|configured|rpt_config)",
    "Chains": r"gold\.\w*(block|transaction|token|transfer|gas|reorg|chain)",
    "Sentiment and developers": r"gold\.fct_(fear|sentiment|news|dev_)",
    "Market data": r"",
}
TYPE_NAMES = "select format_type(%s, null)"


def paths() -> list[Path]:
    """The queries, in the order of their names."""
    return sorted(QUERIES.glob("*.sql"))


def question(path: Path) -> str:
    """What the query asks."""
    return path.read_text("utf-8").splitlines()[0].removeprefix("-- ")


def kind(path: Path) -> str:
    """What the query is about: a heading of the README."""
    text = path.read_text("utf-8")
    return next(name for name, marts in KINDS.items() if re.search(marts, text))


def shape(connection: Connection, path: Path) -> str:
    """The answer's columns and their types, in one line; the query is run."""
    cursor = connection.execute(path.read_text("utf-8").encode())
    columns = [(c.name, c.type_code) for c in cursor.description or ()]
    cursor.fetchall()
    names = {code: _type_name(connection, code) for _, code in columns}
    return ", ".join(f"{name} {names[code]}" for name, code in columns)


def _type_name(connection: Connection, code: int) -> str:
    row = connection.execute(TYPE_NAMES, (code,)).fetchone()
    name = str(row[0]) if row else ""
    return name.replace("timestamp with time zone", "timestamptz")


def entry(path: Path, columns: str) -> str:
    """The query's part of the README."""
    return f"[`{path.stem}`]({path.name}): {question(path)}<br>\n`{columns}`\n"


def text(shapes: Mapping[Path, str]) -> str:
    """The whole README, of these shapes."""
    parts = [HEAD]
    for name in reversed([*KINDS]):
        parts.append(f"## {name}\n")
        parts += [entry(p, columns) for p, columns in shapes.items() if kind(p) == name]
    return "\n".join(parts)


def main() -> None:
    """Write the README."""
    with warehouse.connect("analyst", "test") as connection:
        README.write_text(text({p: shape(connection, p) for p in paths()}), "utf-8")


if __name__ == "__main__":
    main()
