"""Where a service's data stands, when its account can not reach the data directory.

A clone under a home of mode 700 is closed to `nobody`. What that account must reach
then stands in a folder of its own outside; its path is kept in the data directory.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local.account import Account, own_account
from pipelines.local.service import Say, silent
from pipelines.settings import PRIVATE, settings

# Only root needs these. /var/tmp comes last: some systems empty it of old files.
STATE_PARENTS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108
PREFIX = "bullion-"
RECORD = "elsewhere"  # in the data directory: the path of the folder outside
ORIGIN = "belongs_to"  # in the folder outside: the data directory it belongs to


def data_dir() -> Path:
    """Where all state of the local stack lies, links resolved."""
    return _resolved(settings().data_dir, "BULLION_DATA_DIR")


def cache_dir() -> Path:
    """Where downloads and copies lie, shared by the user's checkouts."""
    return _resolved(settings().cache_dir, "BULLION_CACHE_DIR")


def refusal(error: OSError) -> SetupError | None:
    """What a person can do about it, where a folder of ours is what failed."""
    if not isinstance(error.filename, str):
        return None
    path = Path(error.filename).absolute()
    folders = {"BULLION_DATA_DIR": data_dir(), "BULLION_CACHE_DIR": cache_dir()}
    for setting, folder in folders.items():
        if path.is_relative_to(folder) or folder.is_relative_to(path):
            return _unusable(path, str(error.strerror), setting)
    return None


def state_folder(home: Path, service: str, account: Account, say: Say = silent) -> Path:
    """The service's folder of data, made if need be, the account's own.

    What was chosen once is kept, so that no second, empty set of data appears.

    Raises:
        SetupError: data stands where the account can no longer reach it, or nowhere
            is a place that it can.
    """
    outside = recorded(home)
    if outside:
        if _named(home) is None:
            say(taken_over(home, outside))
        own_account().write(home / RECORD, f"{outside}\n")
        folder = outside / service
        account.make_folder(folder)
        return _reached(folder, account)
    folder = home / service / "state"
    had_data = folder.is_dir()
    account.make_folder(folder)
    if account.can_use(folder, write=True):
        return folder
    if had_data and any(folder.iterdir()):
        return _reached(folder, account)
    folder.rmdir()
    folder.parent.chmod(PRIVATE)
    outside = _make_outside(home, account)
    say(moved(home, outside))
    account.make_folder(outside / service)
    return outside / service


def moved(home: Path, outside: Path) -> str:
    """The line that says where data went, and how to be rid of it."""
    return (
        f"the account that the server runs under can not reach {home}: its data stands "
        f"in {outside}; `bullion down --delete` removes it"
    )


def taken_over(home: Path, outside: Path) -> str:
    """The line that says that data of before goes on, and how to begin anew."""
    return (
        f"a data directory lay at {home} before, and was lost: its data in {outside} "
        "goes on; `bullion down --delete` removes it, and the next start is anew"
    )


def existing_state_folder(home: Path, service: str) -> Path:
    """Where the service's data stands or would stand; makes nothing."""
    outside = recorded(home)
    return outside / service if outside else home / service / "state"


def recorded(home: Path) -> Path | None:
    """The folder outside that belongs to `home`; None when there is none.

    It is found again where `home` was lost and does not name it any more.
    """
    named = _named(home)
    if named:
        return named
    found = [outside for outside, known in _outside() if known == home]
    return max(found, key=lambda folder: folder.stat().st_mtime, default=None)


def delete_state(home: Path, service: str) -> None:
    """Remove the service's data, and the folder outside when that leaves it empty."""
    outside = recorded(home)
    for folder in (existing_state_folder(home, service), home / service):
        if folder.exists():
            shutil.rmtree(folder)
    if outside and all(path.name == ORIGIN for path in outside.iterdir()):
        shutil.rmtree(outside)
        (home / RECORD).unlink(missing_ok=True)


def strays() -> list[Path]:
    """Folders outside whose data directory is gone or knows them no more."""
    return [outside for outside, home in _outside() if _named(home) != outside]


def _named(home: Path) -> Path | None:
    """The folder outside that `home` names."""
    try:
        return Path((home / RECORD).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def _outside() -> Iterator[tuple[Path, Path]]:
    """Each folder outside that this user made, and the data directory it is of."""
    for parent in STATE_PARENTS:
        for outside in sorted(parent.glob(f"{PREFIX}*")):
            file = outside / ORIGIN
            # anybody can make a folder of such a name, and point it at ours
            with suppress(OSError):
                if file.lstat().st_uid == os.getuid() and not file.is_symlink():
                    yield outside, Path(file.read_text(encoding="utf-8").strip())


def _resolved(folder: Path, setting: str) -> Path:
    try:
        return folder.expanduser().resolve()
    except (OSError, RuntimeError) as error:  # a loop of links
        raise _unusable(folder, str(error), setting) from None


def _unusable(path: Path, reason: str, setting: str) -> SetupError:
    return SetupError(
        f"{path}: {reason}: set {setting} to a folder that can be made and written"
    )


def _reached(folder: Path, account: Account) -> Path:
    if not account.can_use(folder, write=True):
        raise SetupError(
            f"the data in {folder} can not be reached by uid {account.uid}, under "
            "which the server runs: open its parent folders to it (chmod o+x)"
        )
    return folder


def _make_outside(home: Path, account: Account) -> Path:
    for parent in STATE_PARENTS:
        if not (parent.is_dir() and os.access(parent, os.W_OK)):
            continue
        outside = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent.resolve()))
        account.make_folder(outside)
        if account.can_use(outside, write=True):
            own_account().write(outside / ORIGIN, f"{home}\n")
            own_account().write(home / RECORD, f"{outside}\n")
            return outside
        outside.rmdir()
    tried = ", ".join(map(str, STATE_PARENTS))
    raise SetupError(
        f"uid {account.uid}, under which the server runs, can reach neither {home} "
        f"nor a new folder in {tried}: set BULLION_DATA_DIR to a place it can reach"
    )
