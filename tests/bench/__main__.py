"""The bench: budgets measured on this machine, printed, and kept in a page.

python -m tests.bench [--only rest,proofs,dbt] [--candles 1000000,...] [--quick]
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import archive, proofs, queries, rest, transform
from tests.bench.machine import facts
from tests.bench.options import Options, parse
from tests.bench.say import say
from tests.bench.server import Server, started
from tests.bench.tables import Section, Table, as_text, write


def main(words: Sequence[str]) -> None:
    """Measure what was asked for; each section is printed when it is done."""
    options = parse(words)
    command = " ".join(["python -m tests.bench", *words])
    with TemporaryDirectory(prefix="bullion-bench-") as name:
        folder = Path(name)
        with started(folder) as server:
            say(f"measuring {', '.join(options.only)} on {server.version}")
            for section in sections(server, options, folder, command):
                sys.stdout.write(f"\n## {section.name}\n\n{as_text(section)}\n")
                sys.stdout.flush()
                if options.docs:
                    write(options.docs, section)


def sections(
    server: Server, options: Options, folder: Path, command: str
) -> Iterator[Section]:
    """The sections asked for, each with the machine as it was before."""

    def section(name: str, known: list[str], tables: Iterator[Table]) -> Section:
        return Section(name, command, known, list(tables))

    known = facts(server.version)
    if "rest" in options.only:
        yield section("rest", known, rest.tables(server, options, folder))
        known = facts(server.version)
    if "archive" in options.only:
        yield section("archive", known, archive.tables(server, options, folder))
        known = facts(server.version)
    if "proofs" in options.only:
        yield section("proofs", known, proofs.tables(server, options, folder))
        known = facts(server.version)
    if {"dbt", "queries"} & set(options.only):
        with server.database("bench_dbt"):
            found = transform.sizes(server, options, folder)
            if "dbt" in options.only:
                yield section("dbt", known, transform.tables(found))
            if "queries" in options.only:
                known = facts(server.version)
                largest = found[-1].candles
                yield section("queries", known, queries.tables(options, largest))


if __name__ == "__main__":
    main(sys.argv[1:])
