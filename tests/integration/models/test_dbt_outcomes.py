"""dbt's outcome: what it kept of a parse is no obstacle, and a Ctrl-C is no error."""

import shutil

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.exceptions import CompilationError, DbtDatabaseError

from pipelines.errors import BadDataError
from pipelines.settings import settings
from prefect_flows import dbt_run
from prefect_flows.dbt_run import ParsedProject, run_dbt

WORDS = """
version: 2
models:
  - name: one
    description: One row is a number.
"""
PROJECT = """
name: bullion
profile: bullion
model-paths: [models]
"""


@pytest.fixture
def project(database, tmp_path, monkeypatch):
    """The models of a project of one model, whose words stand in `a.yml`."""
    shutil.copy(dbt_run.DBT_DIR / "profiles.yml", tmp_path)
    (tmp_path / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    models = tmp_path / "models"
    models.mkdir()
    (models / "one.sql").write_text("select 1 as n", encoding="utf-8")
    (models / "a.yml").write_text(WORDS, encoding="utf-8")
    monkeypatch.setattr(dbt_run, "DBT_DIR", tmp_path)
    run_dbt(["parse"])
    return models


@pytest.fixture
def confused(monkeypatch):
    """dbt as it is where what it kept and a change of files do not go together."""
    invoke = dbtRunner.invoke
    error = CompilationError("dbt found two schema.yml entries for the same resource")

    def invoke_unless_kept(self, *words, **options):
        if (settings().folder("dbt_target") / "partial_parse.msgpack").exists():
            return dbtRunnerResult(success=False, exception=error)
        return invoke(self, *words, **options)

    monkeypatch.setattr(dbtRunner, "invoke", invoke_unless_kept)


def test_where_a_kept_parse_is_in_the_way_the_project_is_parsed_anew(project, confused):
    facts = run_dbt(["run", "--select", "one"])
    assert facts.by_status == {"success": 1}


def test_also_in_a_process_that_keeps_its_project(project, confused):
    assert ParsedProject().manifest().nodes["model.bullion.one"].description


def test_what_is_wrong_itself_is_told(project):
    (project / "b.yml").write_text(WORDS, encoding="utf-8")
    with pytest.raises(BadDataError, match="one"):
        run_dbt(["run", "--select", "one"])


@pytest.mark.parametrize("as_tasks", [False, True])
def test_what_it_stumbles_over_on_a_ctrl_c_is_the_ctrl_c(
    project, monkeypatch, as_tasks
):
    error = DbtDatabaseError("permission denied to terminate process")
    error.__context__ = KeyboardInterrupt()
    tries = []

    def invoke(*_):
        tries.append(1)
        return dbtRunnerResult(success=False, exception=error)

    monkeypatch.setattr(dbtRunner, "invoke", invoke)
    with pytest.raises(KeyboardInterrupt):
        run_dbt(["run", "--select", "one"], as_tasks=as_tasks)
    assert len(tries) == 1
