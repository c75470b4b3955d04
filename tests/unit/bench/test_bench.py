"""The bench's command line, its tables, and how it takes its figures."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.bench import anvil, archive, blocks, stream_commits
from tests.bench import retained as retained_part
from tests.bench.machine import facts, peak_mb
from tests.bench.neighbours import taken
from tests.bench.options import DOCS, SECTIONS, Options, parse
from tests.bench.quantiles import percentile
from tests.bench.queries import Asked
from tests.bench.rest_child import timed
from tests.bench.stream_latency import Prober, Seen, during
from tests.bench.tables import Cell, Section, Table, as_markdown, as_text, shown, write

TABLE = Table(
    "Speeds", ("venue", "rows/s"), [("binance", 51_234.4), ("kraken", None)], ("Note.",)
)
SECTION = Section("rest", "python -m tests.bench", ["2 cores"], [TABLE])
PAGE = "# Title\n\n<!-- begin rest -->\nold\n<!-- end rest -->\n\nThe prose stays.\n"


def test_without_words_every_budget_is_measured_and_kept():
    assert parse([]) == Options()
    assert Options().only == SECTIONS
    assert Options().candles == (1_000_000, 3_000_000, 10_000_000)
    assert Options().docs == DOCS


def test_sizes_are_taken_ascending_and_once():
    assert parse(["--candles", "3_000,1000,3000"]).candles == (1000, 3000)


def test_sections_keep_their_order():
    assert parse(["--only", "queries,rest"]).only == ("rest", "queries")


@pytest.mark.parametrize(
    "words",
    [
        ["--only", "rest,dinner"],
        ["--candles", "many"],
        ["--candles", "0"],
        ["--candles", "49"],
        ["--repeats", "0"],
        ["--wal-gb", "0"],
        ["--wal-gb", "inf"],
        ["--wal-gb", "much"],
        ["--added", "0"],
    ],
)
def test_what_can_not_be_measured_is_refused(words, capsys):
    with pytest.raises(SystemExit):
        parse(words)
    assert "usage:" in capsys.readouterr().err


def test_a_quick_run_leaves_the_page_alone():
    quick = parse(["--quick"])
    assert quick.docs is None
    assert max(quick.candles) < 100_000
    assert parse(["--quick", "--docs", "page.md"]).docs == Path("page.md")
    assert parse(["--no-docs"]).docs is None


def test_a_number_is_shown_with_the_digits_that_mean_something():
    cells: list[Cell] = [51_234.4, 1_000_000, 7, 12.345, 1.2345, "text", None]
    texts = ["51 234", "1 000 000", "7", "12.3", "1.23", "text", "none"]
    assert [shown(cell) for cell in cells] == texts


def test_a_table_is_aligned_markdown():
    assert as_markdown(TABLE).splitlines() == [
        "**Speeds**",
        "",
        "| venue   | rows/s |",
        "| ------- | -----: |",
        "| binance | 51 234 |",
        "| kraken  |   none |",
        "",
        "Note.",
    ]


def test_a_section_names_its_command_and_the_machine():
    assert as_text(SECTION).startswith("`python -m tests.bench`\n\n- 2 cores\n\n")


def test_a_section_replaces_itself_alone_and_twice_is_as_once(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    write(page, SECTION)
    once = page.read_text()
    assert "old" not in once
    assert "51 234" in once
    assert once.startswith("# Title\n")
    assert once.endswith("The prose stays.\n")
    write(page, SECTION)
    assert page.read_text() == once


def test_a_page_without_the_markers_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Title\n")
    with pytest.raises(ValueError, match="begin rest"):
        write(page, SECTION)


def test_the_page_has_the_markers_of_every_section():
    text = DOCS.read_text(encoding="utf-8")
    for name in SECTIONS:
        assert f"<!-- begin {name} -->\n" in text
        assert f"<!-- end {name} -->\n" in text


def test_a_percentile_is_a_time_that_was_measured():
    asked = Asked("query", 1, [float(n) for n in range(20, 0, -1)])
    assert asked.percentile(50) == 10
    assert asked.percentile(95) == 19
    assert Asked("query", 1, [3.0, 1.0, 2.0]).percentile(95) == 3


def test_few_values_have_percentiles_that_were_measured():
    assert percentile([7.0], 5) == 7
    assert percentile([7.0], 95) == 7
    assert percentile([2.0, 1.0], 50) == 1


def test_what_a_neighbour_takes_is_told_from_what_we_take():
    """A child that nobody waited for is a neighbour; one of a known tree is not."""
    if not Path("/proc/stat").exists():
        pytest.skip("no /proc/stat: what others take is not known here")
    neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        with taken() as apart, taken(neighbour.pid) as ours:
            time.sleep(1)
    finally:
        neighbour.kill()
        neighbour.wait()
    assert apart.cores is not None
    assert ours.cores is not None
    assert apart.cores > ours.cores + 0.02


def test_a_load_is_held_against_the_copies_on_both_sides_of_it():
    run = archive.Timed(10, 3.0, {}, (1.0, 3.0), 100.0, None)
    assert run.load_s / run.copy_s == 1.5


def test_blocks_are_compared_by_what_they_take_beyond_the_first_ones():
    found = {
        blocks.ETL: [blocks.Timed(16.0, 6.0, 6.0, None)],
        blocks.PLAIN: [blocks.Timed(seconds, 4.5, 3.0, 0.5) for seconds in (10, 9, 12)],
    }
    etl, plain = blocks.speeds(found, 30, None).rows
    assert etl[2:8] == (3000, 1.0, 10.0, 300.0, 1.0, 2000.0)
    assert plain[4:] == (5.5, 3000 / 5.5, 10 / 5.5, 1000.0, 0.5)
    assert plain[3] == 4.5 - 5.5 / 2


def test_a_load_is_told_as_a_multiple_of_fetching_alone():
    found = {
        anvil.FETCHED: [blocks.Timed(5.0, 1.0, 1.0, None)],
        blocks.PROVED: [blocks.Timed(9.0, 3.0, 4.0, 0.5)],
    }
    fetched, proved = anvil.longer(found, 30)
    assert fetched[2:7] == (800, -1.0, 4.0, 200.0, 1.0)
    assert proved[4:] == (6.0, 800 / 6, 1.5, 5000.0, 0.5)


def test_where_ethereum_etl_can_not_be_had_its_row_says_so():
    found = {blocks.PLAIN: [blocks.Timed(7.0, 2.0, 3.0, None)]}
    table = blocks.speeds(found, 30, "no network")
    assert table.rows[0][0] == f"{blocks.ETL}: not measured"
    assert table.rows[1][6] is None
    assert "no network" in table.notes[1]


def sample(lsn, retained, status="reserved"):
    return retained_part.Sample(lsn, retained, 10e6, status, 64e6, 0)


def test_what_was_retained_is_told_by_how_much_was_written():
    samples = [sample(n * 1e9, 5e6 * n) for n in range(11)]
    table = retained_part.table(samples, (3, 1000), 1.5)
    assert [row[0] for row in table.rows] == ["2.00", "4.00", "6.00", "8.00", "10.00"]
    assert [row[3] for row in table.rows] == [10, 20, 30, 40, 50]
    assert "was reserved" in table.notes[1]


def test_a_lost_slot_is_told_and_retains_nothing():
    samples = [sample(0, 0), sample(5e9, 4e9, "unreserved"), sample(1e10, None, "lost")]
    table = retained_part.table(samples, (3, 1000), None)
    assert table.rows[-1][2] is None
    assert "lost, reserved, unreserved" in table.notes[1]


def test_a_commit_is_compared_with_the_plain_one_of_its_round():
    spent = {"not published": [1.0, 10.0, 2.0], "published": [2.0, 20.0, 4.0]}
    rows = {row[0]: row for row in stream_commits.table("ms", spent).rows}
    assert rows["not published"][-2:] == (1, 0)
    assert rows["published"][-2:] == (2, 2)


class Endless(Prober):
    """A prober whose changes are an hour apart, as the clock of the test goes."""

    def __init__(self):
        self.number = 0

    def until(self, is_done):
        found: list[Seen] = []
        while not is_done(found):
            self.number += 1
            found.append(Seen(float(self.number), 1.0, 2.0, 3.0))
        return found


def test_only_changes_committed_while_a_load_ran_count_as_under_load():
    prober, ended = Endless(), threading.Event()
    spans = iter([(0.0, 0.0), (-1.0, float("inf"))])

    def load():
        ended.wait(0.05)
        return next(spans)

    found, loads = during(prober, load, 1, 5)
    assert loads == 2
    assert found
    assert min(one.committed_at for one in found) > 1


def test_loads_end_when_they_bring_no_chance_of_a_change():
    found, loads = during(Endless(), lambda: (0.0, 0.0), 1, 3)
    assert (found, loads) == ([], 3)


def test_the_machine_tells_its_facts():
    told = " ".join(facts("Postgres 18"))
    assert "UTC" in told
    assert "load average" in told
    assert "Postgres 18" in told
    assert 1 < peak_mb() < 100_000


class Phases:
    def first(self):
        time.sleep(0.01)
        return "done"


def test_a_phase_is_timed_and_then_left_as_it_was():
    known = Phases.first
    with timed(Phases, ("first",)) as spent:
        assert Phases().first() == "done"
    assert spent["first"] >= 0.01
    assert Phases.first is known
