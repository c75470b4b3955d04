"""The bench runs whole, on sizes that take a minute."""

import re
import subprocess
import sys

import pytest

from pipelines.settings import PROJECT_DIR, child_environment
from tests.bench.options import DOCS, SECTIONS


@pytest.mark.slow
def test_a_quick_bench_measures_every_section_and_fills_a_page(tmp_path):
    page = tmp_path / "page.md"
    marks = (f"<!-- begin {name} -->\n<!-- end {name} -->\n" for name in SECTIONS)
    page.write_text("".join(marks))
    kept = DOCS.read_text(encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--docs", str(page)],
        cwd=PROJECT_DIR,
        env=child_environment({"PYTHONPATH": str(PROJECT_DIR)}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    text = page.read_text(encoding="utf-8")
    for name in SECTIONS:
        assert f"## {name}" in ended.stdout
        part = text.partition(f"begin {name}")[2].partition(f"end {name}")[0]
        assert f"--quick --docs {page}" in part
        assert re.search(r"\| +[\d ]+(\.\d+)? \|", part), name
    a_day_of_twelve = 12 * 1440
    assert f"| binance  |    1 | {a_day_of_twelve:,} |".replace(",", " ") in text
    for query in (PROJECT_DIR / "sql" / "queries").glob("*.sql"):
        assert f"| {query.stem} " in text
    assert DOCS.read_text(encoding="utf-8") == kept
