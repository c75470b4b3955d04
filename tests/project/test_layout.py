"""The layout: names, docstrings, and what may not stand where."""

import ast
import re
import subprocess
import sys

import pytest
import yaml

from pipelines.settings import PROJECT_DIR

LEFT_OUT = {
    *(".venv", ".git", ".bullion", ".hypothesis", "__pycache__", "target", "logs"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache"),
}
FILES = sorted(
    path
    for path in PROJECT_DIR.rglob("*")
    if path.is_file() and not LEFT_OUT & set(path.relative_to(PROJECT_DIR).parts)
)
MODULES = [path for path in FILES if path.suffix == ".py"]
TEXTS = [
    path
    for path in FILES
    if path.suffix in {".py", ".md", ".sql", ".yml", ".yaml", ".toml", ".csv", ".lock"}
    or path.name in {"Makefile", ".env.example", "run", "environment"}
]
NO_NOUNS = {"utils", "helpers", "common", "base", "core", "misc", "manager", "handler"}
OF_A_LIBRARY = {"ccxt", "kafka", "web3", "dlt", "prefect", "polars", "psycopg"}


def name_of(path):
    return str(path.relative_to(PROJECT_DIR))


def test_dbt_holds_no_python_and_is_no_package():
    assert [name_of(p) for p in MODULES if name_of(p).startswith("dbt/")] == []


def test_every_module_opens_with_what_it_is():
    trees = {p: ast.parse(p.read_text(encoding="utf-8")) for p in MODULES}
    silent = {p for p, tree in trees.items() if not ast.get_docstring(tree)}
    assert [
        name_of(p) for p in silent if p.name != "__init__.py" or trees[p].body
    ] == []


def test_modules_are_named_by_nouns_of_the_subject():
    words = {name_of(p): set(re.split(r"[_.]", p.stem)) for p in MODULES}
    assert {name for name, found in words.items() if found & NO_NOUNS} == set()


def test_no_package_is_named_after_a_library_that_it_would_hide():
    packages = {p.parent.name for p in MODULES if p.name == "__init__.py"}
    assert packages & OF_A_LIBRARY == set()


def test_a_source_package_says_what_one_row_is():
    for path in (PROJECT_DIR / "pipelines" / "sources").glob("*/__init__.py"):
        told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert "Tables:" in told, name_of(path)
        assert "Upstream" in told, name_of(path)


def found_in(pattern):
    """What the pattern finds, by the name of the file."""
    found = {
        name_of(path): pattern.findall(path.read_text(encoding="utf-8"))
        for path in TEXTS
    }
    return {name: words for name, words in found.items() if words}


def test_no_file_names_a_place_of_one_machine():
    """Nor a person's folder, nor where packages came from: any index serves."""
    homes = r"/(?:home|Users)/(?!runner\b)[a-z]\w*|/root/|/mnt/[a-z]"
    indexes = r"(?:pypi\.org|pythonhosted|/simple/|index-url|registry\.\w+)"
    found = found_in(re.compile(f"{homes}|{indexes}", re.IGNORECASE))
    assert found.keys() <= {"tests/project/test_layout.py"}, found


def test_no_file_has_an_emoji():
    emoji = "[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]"
    assert found_in(re.compile(emoji)) == {}


def test_every_target_of_make_is_in_its_help():
    text = (PROJECT_DIR / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony
    told = re.findall(r"^([a-z]+):.*## \S", text, re.MULTILINE)
    assert sorted(told) == sorted(phony[1].split())
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert all(f"make {target} " in shown for target in told)


JOBS = {"checks.yml": {"lint", "test", "dbt"}, "nightly.yml": {"soak"}}


def test_every_workflow_is_among_those_that_are_checked():
    folder = PROJECT_DIR / ".github" / "workflows"
    assert {path.name for path in folder.iterdir()} == JOBS.keys()


@pytest.mark.parametrize("name", JOBS)
def test_a_workflow_checks_out_sets_up_and_runs_what_a_laptop_runs(name):
    text = (PROJECT_DIR / ".github" / "workflows" / name).read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert JOBS[name] <= set(workflow["jobs"])
    for job in workflow["jobs"].values():
        assert re.fullmatch(r"ubuntu-\d+\.\d+", job["runs-on"])
        assert job["timeout-minutes"]
        steps = job["steps"]
        assert all(bool(step.get("uses")) != bool(step.get("run")) for step in steps)
        pinned = [step["uses"] for step in steps if "uses" in step]
        assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in pinned)
        for command in (step["run"] for step in steps if "run" in step):
            assert re.match(r"(make |\.venv/bin/|\.ci/)", command), command
    assert "secrets." not in text
    # a commit says nothing to a reader: the version stands beside it
    for line in text.splitlines():
        assert "uses:" not in line or re.search(r"@[0-9a-f]{40}  # v\d+\.\d+", line)


def test_every_script_of_ci_parses():
    for path in (PROJECT_DIR / ".ci").iterdir():
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("#!")
        if "python" in first:
            ast.parse(path.read_text(encoding="utf-8"))
            continue
        shell = "bash" if "bash" in first else "sh"
        subprocess.run([shell, "-n", str(path)], check=True)


def test_pre_commit_runs_what_the_environment_has():
    text = (PROJECT_DIR / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (repo,) = yaml.safe_load(text)["repos"]
    assert repo["repo"] == "local"
    folder = "/".join(sys.executable.split("/")[:-1])
    for hook in repo["hooks"]:
        program = hook["entry"].split()[0]
        assert program.startswith(".venv/bin/")
        found = subprocess.run(
            [f"{folder}/{program.removeprefix('.venv/bin/')}", "--help"],
            capture_output=True,
            check=False,
        )
        assert found.returncode == 0, program
