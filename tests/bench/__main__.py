"""The bench: budgets measured on this machine, printed, and kept in a page.

python -m tests.bench [--only rest,proofs,dbt] [--candles 1000000,...] [--quick]
"""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import NoReturn

from pipelines.local.service import UnavailableError
from tests.bench import (
    anvil,
    archive,
    blocks,
    books,
    chain_dbt,
    features,
    following,
    prices,
    proofs,
    proofs_chain,
    queries,
    reconfigure,
    rest,
    retained,
    stream,
    texts,
    transfers,
    transform,
)
from tests.bench.machine import facts
from tests.bench.options import Options, parse
from tests.bench.say import say
from tests.bench.server import Server, started
from tests.bench.tables import Section, Table, as_text, write

Part = Callable[[Server, Options, Path], Iterator[Table]]
LOADS: Mapping[str, Part] = {
    "rest": rest.tables,
    "books": books.tables,
    "archive": archive.tables,
    "proofs": proofs.tables,
    "proofs_chain": proofs_chain.tables,
    "blocks": blocks.tables,
    "anvil": anvil.tables,
    "following": following.tables,
    "transfers": transfers.tables,
    "chain_dbt": chain_dbt.tables,
    "features": features.tables,
    "prices": prices.tables,
    "texts": texts.tables,
}
STREAMS: Mapping[str, Part] = {
    "stream": stream.tables,
    "retained": retained.tables,
    "reconfigure": reconfigure.tables,
}


# a shell's background job ignores Ctrl-C, and so would each server that it starts
ENDING = (signal.SIGINT, signal.SIGTERM)


def main(words: Sequence[str]) -> None:
    """Measure what was asked for; each section is printed when it is done."""
    for number in ENDING:
        signal.signal(number, _ended)
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
    """The sections asked for, each with the machine as it was before.

    Those of the stream are left out where Kafka and Debezium Server can not be had.
    """

    def measured(parts: Mapping[str, Part]) -> Iterator[Section]:
        for name, part in parts.items():
            if name in options.only:
                known = facts(server.version)
                tables = list(part(server, options, folder))
                yield Section(name, command, known, tables)

    yield from measured(LOADS)
    yield from warehouse_sections(server, options, folder, command)
    try:
        yield from measured(STREAMS)
    except UnavailableError as error:
        wanted = [name for name in STREAMS if name in options.only]
        say(f"left out: {', '.join(wanted)}: {error}")


def _ended(number: int, _: FrameType | None) -> NoReturn:
    """End as after an error: whatever was started is stopped and deleted."""
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


def warehouse_sections(
    server: Server, options: Options, folder: Path, command: str
) -> Iterator[Section]:
    """dbt, and the queries on what it made."""
    if not {"dbt", "queries"} & set(options.only):
        return
    known = facts(server.version)
    with server.database("bench_dbt"):
        found = transform.sizes(server, options, folder)
        if "dbt" in options.only:
            yield Section("dbt", command, known, list(transform.tables(found)))
        if "queries" in options.only:
            known, largest = facts(server.version), found[-1].candles
            tables = list(queries.tables(options, largest))
            yield Section("queries", command, known, tables)


if __name__ == "__main__":
    main(sys.argv[1:])
