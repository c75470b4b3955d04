"""The bench runs on tiny sizes: some of its sections, and in a soak all of them."""

import os
import re
import signal
import subprocess
import sys

import pytest

from pipelines.settings import PROJECT_DIR, child_environment
from tests.bench.options import DOCS, SECTIONS
from tests.soak import IS_SOAK, some

STREAMS = {"stream", "retained", "reconfigure"}
ALONE = [name for name in SECTIONS if name not in STREAMS]
MEASURED = SECTIONS if IS_SOAK else some(__name__, ALONE, 1)
QUERIES = (PROJECT_DIR / "sql" / "queries").glob("*.sql")
ROWS = {
    "rest": ["| binance  |    1 | 17 280 |"],  # a day of twelve series
    "queries": [f"| {query.stem} " for query in QUERIES],
}


def run(*words):
    """The bench to its end; interrupted, it stops the servers that it has started."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench", *words],
        cwd=PROJECT_DIR,
        env=child_environment({"PYTHONPATH": str(PROJECT_DIR)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = process.communicate(timeout=3000)
    except BaseException:
        process.send_signal(signal.SIGINT)
        process.communicate()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.mark.slow(120)
@pytest.mark.timeout(3600)
def test_a_quick_bench_measures_its_sections_and_fills_a_page(tmp_path):
    page = tmp_path / "page.md"
    marks = (f"<!-- begin {name} -->\n<!-- end {name} -->\n" for name in SECTIONS)
    page.write_text("".join(marks))
    kept = DOCS.read_text(encoding="utf-8")
    ended = run("--quick", "--only", ",".join(MEASURED), "--docs", str(page))
    assert ended.returncode == 0, ended.stderr
    text = page.read_text(encoding="utf-8")
    left_out = STREAMS if "left out:" in ended.stderr else set()
    for name in MEASURED:
        if name in left_out:
            continue
        assert f"## {name}" in ended.stdout
        part = text.partition(f"begin {name}")[2].partition(f"end {name}")[0]
        assert f"--docs {page}" in part
        assert re.search(r"\| +[\d ]+(\.\d+)? \|", part), name
    rows = [row for name in MEASURED for row in ROWS.get(name, ())]
    assert [row for row in rows if row not in text] == []
    assert DOCS.read_text(encoding="utf-8") == kept
    if left_out:
        reason = ended.stderr.partition("left out:")[2].strip()
        assert not os.environ.get("CI"), reason  # noqa: TID251
        pytest.skip(f"the sections of the stream were left out: {reason}")
    if not IS_SOAK:
        return
    for kind in ("nothing else happens", "Kafka to bronze", "published"):
        assert re.search(rf"^\| {kind} ", text, re.MULTILINE), kind
    assert re.search(r"^\| all +\| +3 \|", text, re.MULTILINE)
