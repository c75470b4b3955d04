"""What to measure: the command line of `python -m tests.bench`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.settings import PROJECT_DIR

FEWEST_CANDLES = 1000  # 50 instruments of 20 minutes: an hour reads 10 again
SECTIONS = (
    *("rest", "books", "archive", "proofs", "proofs_chain", "blocks", "anvil"),
    *("following", "transfers", "chain_dbt", "features", "prices", "texts", "dbt"),
    *("queries", "stream", "retained", "reconfigure"),
)
DOCS = PROJECT_DIR / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Options:
    """What was asked.

    Attributes:
        candles: sizes of history, ascending, in 1m candles.
        archive_rows: klines of the files that are loaded.
        archive_trades_mb: size of the CSV of trades that is loaded, in 10**6 bytes.
        trades: how many trades candles are rebuilt from.
        proved_blocks: blocks of 150 transactions that are proved.
        loaded_blocks: such blocks that are loaded.
        anvil_blocks: blocks of 40 transactions that are loaded from a real node.
        followed_blocks: blocks of a real node that are followed to gold.
        chain_logs: logs that transfers are decoded from.
        chain_sizes: sizes of a chain's history, ascending, in logs.
        feature_bars: 1m candles that features are made of.
        texts: texts of each kind that are scored.
        posts: posts that are loaded, scored and counted in gold.
        rest_days: days of history of each series that a load fetches.
        changes: single changes whose way to bronze is timed, idle and under a load.
        flood_changes: changes that come at once.
        commits: rounds in which a writer's commits are timed.
        wal_gb: WAL of the bulk loads under an idle configuration, in 10**9 bytes.
        added: instruments that are added one by one.
        repeats: measured loads of each venue, hours on each size, at least.
        docs: the page whose tables are replaced; None: only print.
    """

    only: tuple[str, ...] = SECTIONS
    candles: tuple[int, ...] = (1_000_000, 3_000_000, 10_000_000)
    archive_rows: int = 1_000_000
    archive_trades_mb: int = 1000
    trades: int = 10_000_000
    proved_blocks: int = 300
    loaded_blocks: int = 1500
    anvil_blocks: int = 1500
    followed_blocks: int = 100
    chain_logs: int = 1_000_000
    chain_sizes: tuple[int, ...] = (1_000_000, 10_000_000)
    feature_bars: int = 3_600_000
    texts: int = 5000
    posts: int = 20_000
    rest_days: int = 14
    changes: int = 200
    flood_changes: int = 100_000
    commits: int = 200
    wal_gb: float = 10
    added: int = 30
    repeats: int = 5
    queries_repeats: int = 20
    docs: Path | None = DOCS


def parse(words: Sequence[str]) -> Options:
    """The options that `words` ask for; wrong ones end the program with a usage."""
    parser = _parser()
    asked = parser.parse_args(words)
    known = QUICK if asked.quick else Options()
    docs = known.docs if asked.docs is None else asked.docs
    return replace(
        known,
        only=asked.only or known.only,
        candles=asked.candles or known.candles,
        wal_gb=asked.wal_gb or known.wal_gb,
        added=asked.added or known.added,
        repeats=asked.repeats or known.repeats,
        docs=None if asked.no_docs else docs,
    )


QUICK = Options(
    candles=(20_000,),
    archive_rows=20_000,
    archive_trades_mb=5,
    trades=20_000,
    proved_blocks=3,
    loaded_blocks=3,
    anvil_blocks=6,
    followed_blocks=3,
    chain_logs=20_000,
    chain_sizes=(20_000,),
    feature_bars=20_000,
    texts=50,
    posts=150,
    rest_days=1,
    changes=5,
    flood_changes=2000,
    commits=3,
    wal_gb=0.05,
    added=3,
    repeats=1,
    queries_repeats=3,
    docs=None,
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure the budgets on a private Postgres and the sandbox.",
    )
    parser.add_argument(
        "--only", type=_sections, metavar="LIST", help=f"of {','.join(SECTIONS)}"
    )
    parser.add_argument(
        "--candles",
        type=_sizes,
        metavar="LIST",
        help="sizes of history, such as 1000000,3000000",
    )
    parser.add_argument(
        "--wal-gb",
        type=_gigabytes,
        help="WAL of the bulk loads that the part `retained` writes",
    )
    parser.add_argument("--added", type=_count, help="instruments that are added")
    parser.add_argument("--repeats", type=_count, help="measured runs of each load")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, and no page is written"
    )
    parser.add_argument("--docs", type=Path, help="write the tables into this page")
    parser.add_argument("--no-docs", action="store_true", help="write no page")
    return parser


def _sections(text: str) -> tuple[str, ...]:
    asked = text.split(",")
    unknown = [name for name in asked if name not in SECTIONS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"{', '.join(unknown)} is none of {', '.join(SECTIONS)}"
        )
    return tuple(name for name in SECTIONS if name in asked)


def _sizes(text: str) -> tuple[int, ...]:
    words = text.replace("_", "").split(",")
    if not all(word.isdecimal() and int(word) >= FEWEST_CANDLES for word in words):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of whole numbers of at least {FEWEST_CANDLES}"
        )
    return tuple(sorted({int(word) for word in words}))


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _gigabytes(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return found
