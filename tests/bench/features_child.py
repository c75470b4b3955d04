"""Market features on candles in gold, in a process of its own."""

from pathlib import Path

from pipelines import warehouse
from tests.bench import history
from tests.bench.child import Facts, answer
from tests.bench.transform_child import Dbt

STATEMENTS = Path(__file__).parent / "features.sql"
MODEL = "fct_market_features"
STORED = "select count(*), pg_table_size('gold.fct_market_features') from gold.{model}"
CHANGED = (
    "select count(*) from gold.{model}"
    " where changed_in = (select max(changed_in) from gold.{model})"
)


def measure(asked: Facts) -> Facts:
    """Seconds of the model: all of it, one new hour, a minute forty days back."""
    history.begin()
    dbt = Dbt(asked["target"])
    dbt.run("parse")
    dbt.run("seed")
    dbt.run("run", "--select", f"+{MODEL}")
    minutes = asked["minutes"]
    back = minutes - min(40 * 1440, minutes // 2)
    found: Facts = {}
    for name, first, last in (
        ("full", 0, minutes),
        ("hour", minutes - history.REREAD, minutes + 60),
        ("corrected", back, back + 1),
    ):
        put(first, last, asked["instruments"])
        words = ("--full-refresh",) if name == "full" else ()
        took = dbt.run("run", "--select", MODEL, *words)
        with warehouse.connect("transformer", "bench") as connection:
            query = STORED if name == "full" else CHANGED
            row = connection.execute(query.format(model=MODEL).encode()).fetchone()
        found[name] = {"seconds": took["models"][MODEL], "rows": row[0] if row else 0}
        if name == "full":
            found["bytes"] = row[1] / row[0] if row else 0
    return found


def put(first: int, last: int, instruments: int) -> None:
    """Candles of gold of minutes [first, last), as a batch, in all short timeframes."""
    known = {"first": first, "last": last, "instruments": instruments}
    with warehouse.connect("transformer", "bench") as connection:
        with connection.transaction():
            for statement in STATEMENTS.read_text("utf-8").split(";\n"):
                if statement.strip():
                    connection.execute(statement.encode(), known)
        connection.execute("analyze gold.fct_candles")


if __name__ == "__main__":
    answer(measure)
