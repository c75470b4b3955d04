"""ethereum-etl, in an environment of its own in the user's cache: blocks to CSV files.

https://github.com/blockchain-etl/ethereum-etl
"""

import shutil
import subprocess
import sys
from pathlib import Path

from pipelines.local import lock, place
from pipelines.local.service import UnavailableError
from pipelines.settings import child_environment
from tests.bench.say import say

VERSION = "2.4.2"
PYTHON = (3, 11)
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
# in one step it does not resolve: its parsimonious does not run on Python 3.11
STEPS = (
    (*PIP, f"ethereum-etl=={VERSION}", "setuptools<81"),
    (*PIP, "--no-deps", "-U", "parsimonious"),
)


def installed() -> Path:
    """Its Python.

    Raises:
        UnavailableError: there is no Python 3.11, or no network.
    """
    folder = place.cache_dir() / f"ethereum-etl-{VERSION}"
    python, whole = folder / "bin" / "python", folder / "installed"
    with lock.held(folder.with_suffix(".lock"), say, wait_s=3600):
        if not whole.exists():
            say(f"installing ethereum-etl {VERSION} into {folder}")
            _run(_python(), "-m", "venv", "--clear", str(folder))
            for step in STEPS:
                _run(str(python), *step)
            whole.touch()
    return python


def export(python: Path, url: str, blocks: int, folder: Path) -> None:
    """Write blocks, transactions, receipts and logs of the first blocks as CSV."""
    etl = (str(python), "-m", "ethereumetl")
    files = {
        name: str(folder / f"{name}.csv")
        for name in ("blocks", "transactions", "hashes", "receipts", "logs")
    }
    node = ("--provider-uri", url)
    span = ("--start-block", "0", "--end-block", str(blocks - 1))
    first = ("--blocks-output", files["blocks"])
    second = ("--transactions-output", files["transactions"])
    _run(*etl, "export_blocks_and_transactions", *span, *node, *first, *second)
    column = ("--input", files["transactions"], "--column", "hash")
    _run(*etl, "extract_csv_column", *column, "--output", files["hashes"])
    third = ("--transaction-hashes", files["hashes"], *node)
    outputs = ("--receipts-output", files["receipts"], "--logs-output", files["logs"])
    _run(*etl, "export_receipts_and_logs", *third, *outputs)


def _python() -> str:
    if sys.version_info[:2] == PYTHON:
        return sys.executable
    name = "python{}.{}".format(*PYTHON)
    found = shutil.which(name)
    if not found:
        raise UnavailableError(f"ethereum-etl {VERSION} needs {name}")
    return found


def _run(*words: str) -> None:
    done = subprocess.run(
        words,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UnavailableError(f"{' '.join(words[1:4])}: {done.stderr[-500:]}")
