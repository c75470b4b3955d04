"""npm packages that tests run, as locked in `npm/`, installed into the user's cache.

The lock names versions and sums, and no address: the registry is the user's own.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.local import lock, place
from pipelines.local.service import UnavailableError, silent
from pipelines.local.whole_folder import Sizes, is_whole, make_whole, sizes

FOLDER = Path(__file__).parent / "npm"
FILES = ("package.json", "package-lock.json")
# the one script, of anvil, looks for the binary that the lock names anyway
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


def fetched() -> Path:
    """The packages' folder; where they can not be had the test is skipped, or fails.

    A laptop skips, with the reason; CI fails.
    """
    try:
        return installed()
    except UnavailableError as error:
        if os.environ.get("CI"):  # noqa: TID251
            raise
        pytest.skip(str(error))


def installed() -> Path:
    """The packages' folder.

    Raises:
        UnavailableError: npm is not installed, or can not have them.
    """
    cache = place.cache_dir()
    locked = (FOLDER / "package-lock.json").read_bytes()
    target = cache / f"npm-{hashlib.sha256(locked).hexdigest()[:12]}"
    if not is_whole(target):
        with lock.held(cache / "npm.lock", silent, wait_s=3600):
            if not is_whole(target):
                full = UnavailableError(f"the disk of {cache} is full: free 100 MB")
                make_whole(target, _install, prefix=".partial-npm-", full=full)
    return target / "node_modules"


def _install(folder: Path) -> Sizes:
    for name in FILES:
        shutil.copy(FOLDER / name, folder)
    try:
        done = subprocess.run(
            INSTALL, cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise UnavailableError("npm is not installed: anvil comes from it") from None
    if done.returncode:
        raise UnavailableError(f"npm could not install anvil: {done.stderr[-500:]}")
    return sizes(folder)
