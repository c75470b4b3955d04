"""docs/writing-a-mart.md: its marts, added to the project, follow what is loaded."""

import re
import shutil

import pytest

from pipelines.settings import PROJECT_DIR
from tests.contents.transform import PROJECT, Transform
from tests.fakes.memory_source import deliver
from tests.histories.candle_histories import Histories
from tests.integration.models.test_dbt_histories import select

PAGE = (PROJECT_DIR / "docs" / "writing-a-mart.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"(?ms)^```\w+\n(?:--|#) (models/\S+)\n(.*?)^```$", PAGE))
MARTS = ("fct_candle_readings", "fct_hourly_ranges", "fct_calm_days")
LOADS = 6
CALM = "select exchange_id, symbol, opened_date from gold.fct_calm_days"


@pytest.fixture
def project(tmp_path):
    """The project with the page's files; its seeds lie beside it."""
    added = tmp_path / "dbt"
    shutil.copytree(PROJECT, added, ignore=shutil.ignore_patterns("target", "logs"))
    (tmp_path / "seeds").symlink_to(PROJECT_DIR / "seeds")
    for name, text in FILES.items():
        (added / name).write_text(text, encoding="utf-8")
    return added


def rows(mart):
    found = select(f"select to_jsonb(m) - 'changed_in' from gold.{mart} as m")
    return sorted(str(row) for (row,) in found)


def test_the_pages_marts_are_by_increments_what_a_full_refresh_gives(
    built_database, project
):
    transform = Transform(project)
    calm_days = set()
    for load in Histories(1).loads(LOADS):
        deliver(load)
        transform.run("run", "--select", *(f"+{mart}" for mart in MARTS))
        calm_days |= set(select(CALM))
    followed = {mart: rows(mart) for mart in MARTS}
    assert all(followed.values())
    assert calm_days > set(select(CALM))  # some have vanished
    transform.run("run", "--full-refresh", "--select", *MARTS)
    assert {mart: rows(mart) for mart in MARTS} == followed
