"""Transfers of tokens decoded from logs in bronze: rows a CPU second of one process."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench import child
from tests.bench.neighbours import taken
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

NOTE = (
    "Of 100 logs 80 are of ERC-20, 10 of ERC-721, 2 of ERC-1155 and 1 a batch of two, 4"
    " wrap ether, 3 are approvals. One query of one process computes every column of"
    " `int_transfers_decoded`; *bare pass* reads the same rows and adds the lengths of"
    " two columns up. CPU time of the server's process, medians. *Bytes of a log* are"
    " of its table's pages and indexes."
)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """How fast all columns of all transfers are computed."""
    asked = {
        "logs": options.chain_logs,
        "repeats": options.repeats,
        "target": str(folder / "dbt_target"),
    }
    with server.database("bench_transfers"), taken(server.pid) as others:
        told = child.run("tests.bench.transfers_child", asked)
    seconds, bare_s = median(told["decoded_s"]), median(told["bare_s"])
    rate = told["transfers"] / seconds
    heap, indexes = told["log_bytes"]
    say(f"transfers from {options.chain_logs:,} logs: {rate:,.0f} a second")
    yield Table(
        "Transfers decoded from bronze",
        (
            *("logs", "transfers", "runs", "CPU seconds", "transfers/s", "slowest run"),
            *("times the bare pass", "bytes of a log", "of its indexes"),
            "others' cores",
        ),
        [
            (
                options.chain_logs,
                told["transfers"],
                len(told["decoded_s"]),
                seconds,
                rate,
                told["transfers"] / max(told["decoded_s"]),
                seconds / max(bare_s, 0.01),
                heap,
                indexes,
                others.cores,
            )
        ],
        (NOTE,),
    )
