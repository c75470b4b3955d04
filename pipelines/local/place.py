"""Where a service's data stands, when its account can not reach the data directory.

A clone under a home of mode 700 is closed to `nobody`. What that account must reach
then stands in a folder of its own outside; its path is kept in the data directory.
"""

import os
import shutil
import tempfile
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local.account import Account, own_account
from pipelines.settings import settings

# Only root needs these. /var/tmp comes last: some systems empty it of old files.
STATE_PARENTS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108
PREFIX = "bullion-"
RECORD = "elsewhere"  # in the data directory: the path of the folder outside
ORIGIN = "belongs_to"  # in the folder outside: the data directory it belongs to


def data_dir() -> Path:
    """Where all state of the local stack lies, links resolved."""
    return settings().data_dir.expanduser().resolve()


def cache_dir() -> Path:
    """Where downloads and copies lie, shared by the user's checkouts."""
    return settings().cache_dir.expanduser().resolve()


def state_folder(home: Path, service: str, account: Account) -> Path:
    """The service's folder of data, made if need be, the account's own.

    What was chosen once is kept, so that no second, empty set of data appears.

    Raises:
        SetupError: data stands where the account can no longer reach it, or nowhere
            is a place that it can.
    """
    outside = recorded(home)
    if outside:
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
    folder = _make_outside(home, account) / service
    account.make_folder(folder)
    return folder


def existing_state_folder(home: Path, service: str) -> Path:
    """Where the service's data stands or would stand; makes nothing."""
    outside = recorded(home)
    return outside / service if outside else home / service / "state"


def recorded(home: Path) -> Path | None:
    """The folder outside that belongs to `home`; None when there is none."""
    try:
        return Path((home / RECORD).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def delete_state(home: Path, service: str) -> None:
    """Remove the service's data, and the folder outside when that leaves it empty."""
    outside = recorded(home)
    for folder in (existing_state_folder(home, service), home / service):
        if folder.exists():
            shutil.rmtree(folder)
    if outside and all(path.name == ORIGIN for path in outside.iterdir()):
        shutil.rmtree(outside)
        (home / RECORD).unlink()


def strays() -> list[Path]:
    """Folders outside whose data directory is gone or knows them no more."""
    folders = []
    for parent in STATE_PARENTS:
        for outside in sorted(parent.glob(f"{PREFIX}*")):
            origin = _origin(outside)
            if origin and recorded(origin) != outside:
                folders.append(outside)
    return folders


def _origin(outside: Path) -> Path | None:
    try:
        return Path((outside / ORIGIN).read_text(encoding="utf-8").strip())
    except OSError:
        return None


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
