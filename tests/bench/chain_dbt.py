"""dbt on chains: new blocks and a reorganisation, on histories of several sizes."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import child
from tests.bench.chain_dbt_child import DEPTH, NEW_BLOCKS
from tests.bench.chain_history import LOGS
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

MODELS = (  # those of chains whose rows are stored
    *("int_heads_confirmed", "int_heads_followed", "int_blocks_finalized"),
    *("int_blocks_read", "int_blocks_linked", "int_blocks_canonical", "fct_blocks"),
    *("fct_transactions", "fct_gas", "fct_token_transfers", "fct_reorgs"),
    *("int_logs_quarantined", "int_tokens_seen", "int_tokens_read"),
    "rpt_chain_completeness",
)
KINDS = ("blocks", "reorgs", "nothing")
NOTE = (
    f"Blocks have {LOGS} logs and {LOGS // 2} transactions. In a process whose manifest"
    " is parsed: `dbt build --selector transform`, all models, those of exchanges, too."
    " *Beyond its start* are the seconds of the chain's models, added up, less those of"
    " a run after each reorganisation, which had nothing new; *nothing new* is all of"
    " that run."
)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """What an increment takes on each size, and as a multiple of the smallest one's."""
    found: list[tuple[int, dict[str, Any]]] = []
    held = 0
    with server.database("bench_chain_dbt"):
        for logs in options.chain_sizes:
            asked = {
                "held": held,
                "wanted": logs,
                "seen": len(found) * options.repeats,
                "repeats": options.repeats,
                "target": str(folder / "dbt_target"),
            }
            took = child.run("tests.bench.chain_dbt_child", asked)
            held = took["held"]
            found.append((logs, took))
            say(f"chain of {logs:,} logs: full {took['full']['whole_s']:.1f} s")
    yield Table(
        "Increments of a chain, seconds beyond the start of dbt, medians",
        (
            *("logs of history", "runs", f"{NEW_BLOCKS} new blocks", "slowest"),
            *(f"reorganisation of depth {DEPTH}", "slowest of them", "nothing new"),
            *("times the smallest", "reorganisation, times the smallest"),
        ),
        [
            (
                logs,
                len(took["blocks"]),
                median(_beyond(took, "blocks")),
                max(_beyond(took, "blocks")),
                median(_beyond(took, "reorgs")),
                max(_beyond(took, "reorgs")),
                median(run["whole_s"] for run in took["nothing"]),
                _times(took, found[0][1], "blocks"),
                _times(took, found[0][1], "reorgs"),
            )
            for logs, took in found
        ],
        (NOTE,),
    )
    for logs, took in found:
        yield Table(
            f"Seconds by model at {logs:,} logs".replace(",", " "),
            ("model", "new blocks", "reorganisation", "nothing new", "full build"),
            [
                (name, *(_of_model(took, kind, name) for kind in KINDS), full_s)
                for name, full_s in took["full"]["models"].items()
                if name in MODELS
            ],
        )


def _beyond(took: dict[str, Any], kind: str) -> list[float]:
    """Seconds of each run's models beyond those of one with nothing new."""
    nothing_s = median(map(_models_s, took["nothing"]))
    return [_models_s(run) - nothing_s for run in took[kind]]


def _models_s(run: dict[str, Any]) -> float:
    return float(sum(run["models"][name] for name in MODELS))


def _of_model(took: dict[str, Any], kind: str, name: str) -> float:
    return float(median(run["models"][name] for run in took[kind]))


def _times(took: dict[str, Any], smallest: dict[str, Any], kind: str) -> float:
    return median(_beyond(took, kind)) / max(median(_beyond(smallest, kind)), 0.01)
