"""A dbt project with the models of one config table that is added later."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml

from pipelines.settings import PROJECT_DIR
from pipelines.sources.config_changes.tables import SCHEMA
from tests.contents.transform import QUIET

MODELS = {
    "staging/stg_config__{table}.sql": (
        "{{ config_changes(source('config', '%(table)s'), %(key)s, %(columns)s) }}"
    ),
    "marts/dim_config_{table}.sql": """
{{ config(
    unique_key=%(moments)s,
    contract={'enforced': false},
    meta={'recomputes': 'everything'},
) }}

{{ config_intervals(
    ref('stg_config__%(table)s'), '%(table)s', key=%(keys)s, columns=%(names)s
) }}
""",
}


def project_of(
    folder: Path, table: str, key: Mapping[str, str], columns: Mapping[str, str]
) -> Path:
    """A project of `stg_config__<table>` and `dim_config_<table>`: three lines each."""
    project = folder / "project"
    models = project / "models"
    for name in ("staging", "marts"):
        (models / name).mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml", "models/_groups.yml"):
        shutil.copy(PROJECT_DIR / "dbt" / name, project / name)
    (project / "macros").symlink_to(PROJECT_DIR / "dbt" / "macros")
    names = {"table": table, "keys": [*key], "moments": [*key, "valid_from"]}
    told = names | {"key": dict(key), "columns": dict(columns), "names": [*columns]}
    for path, text in MODELS.items():
        (models / path.format(table=table)).write_text(text % told)
    sources = [
        {"name": "config", "schema": SCHEMA, "tables": [{"name": table}]},
        {"name": "ops", "schema": "ops", "tables": [{"name": "config_effects"}]},
    ]
    declared = {"version": 2, "sources": sources}
    (models / "_sources.yml").write_text(yaml.safe_dump(declared))
    return project


def build(project: Path) -> None:
    """Run its models on the warehouse that `PG*` names."""
    from dbt.cli.main import dbtRunner

    place = ("--project-dir", project, "--profiles-dir", project, "--target-path")
    words = [*QUIET, "run", *map(str, place), str(project / "target")]
    done = dbtRunner().invoke(words)
    results = getattr(done.result, "results", ())
    assert done.success, (done.exception, [r.message for r in results])
