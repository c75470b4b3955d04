"""What a writer waits for a commit, with the stream and without."""

import random
import time
from collections.abc import Mapping, Sequence
from statistics import median

from psycopg import sql

from pipelines import warehouse
from tests.bench.options import Options
from tests.bench.quantiles import percentile
from tests.bench.say import say
from tests.bench.tables import Table

PLAIN, MUTE, PUBLISHED = "bench_plain", "bench_mute", "bench_published"
KINDS: Mapping[str, str] = {
    "not published": PLAIN,
    "published, without the triggers": MUTE,
    "published": PUBLISHED,
}
# the chain is at rest again when the next statement begins
PAUSE_S = 0.12
BLOCK = 50  # statements in a row
NOTE = (
    "The same one-row update, committed by itself, on equal tables: one that nobody"
    " publishes; one that `config.publish` took in, with its triggers switched off; one"
    " as it is. Debezium Server and `bullion config follow` run beside all three. The"
    " kinds take turns, in an order by chance each round; *times* is the median of each"
    " round's multiple of the table that is not published."
)


def commits(options: Options) -> list[Table]:
    """ms of a commit: each alone with the chain at rest, and many in a row."""
    _make()
    with warehouse.connect("operator", "bench") as connection:
        alone = _rounds(connection, options.commits, 1)
        say(f"commits alone: {_told(alone)}")
        rounds = max(2, options.commits // BLOCK * 5)
        in_a_row = _rounds(connection, rounds, BLOCK)
        say(f"commits in a row: {_told(in_a_row)}")
    return [
        table("Commit of a writer, each alone, ms", alone, (NOTE,)),
        table(f"Commit of a writer, {BLOCK} in a row, ms each", in_a_row),
    ]


def _make() -> None:
    """The plain table as the published ones are, and the rows of all three."""
    with warehouse.connect(None, "bench") as connection:
        for statement in (
            f"create table config.{PLAIN} (like config.{PUBLISHED} including all)",
            f"grant select, insert, update, delete on config.{PLAIN} to operator",
            f"alter table config.{MUTE} disable trigger user",
            *(
                f"insert into config.{name} (id, name, rate)"
                " select n, 'row ' || n, 0 from generate_series(0, 99) as s (n)"
                for name in KINDS.values()
            ),
        ):
            connection.execute(statement.encode())


def _rounds(
    connection: warehouse.Connection, count: int, in_a_row: int
) -> dict[str, list[float]]:
    """ms of a statement of each kind, by round; one round before is not counted."""
    spent: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(count + 1):
        for kind in random.sample(list(KINDS), len(KINDS)):
            time.sleep(PAUSE_S * (1 if in_a_row == 1 else 5))
            ms = _statement_ms(connection, KINDS[kind], in_a_row)
            if number:
                spent[kind].append(ms)
    return spent


def _statement_ms(connection: warehouse.Connection, name: str, in_a_row: int) -> float:
    statement = sql.SQL(
        "update config.{} set rate = rate + 1, at = clock_timestamp() where id = %s"
    ).format(sql.Identifier(name))
    began = time.perf_counter()
    for key in range(in_a_row):
        connection.execute(statement, (key % 100,))
    return (time.perf_counter() - began) * 1000 / in_a_row


def table(
    title: str, spent: Mapping[str, Sequence[float]], notes: Sequence[str] = ()
) -> Table:
    """The kinds' ms, and each as a multiple of the plain one of its round."""
    plain = spent["not published"]

    def row(kind: str, ms: Sequence[float]) -> tuple[str | float, ...]:
        pairs = list(zip(ms, plain, strict=True))
        times = median(one / other for one, other in pairs)
        more = median(one - other for one, other in pairs)
        quantiles = (median(ms), percentile(ms, 25), percentile(ms, 75))
        return (kind, len(ms), *quantiles, percentile(ms, 95), times, more)

    return Table(
        title,
        ("table", "rounds", "p50", "p25", "p75", "p95", "times", "more, ms"),
        [row(kind, ms) for kind, ms in spent.items()],
        notes,
    )


def _told(spent: Mapping[str, Sequence[float]]) -> str:
    return ", ".join(f"{kind} {median(ms):.2f} ms" for kind, ms in spent.items())
