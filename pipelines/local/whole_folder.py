"""Folders that appear whole: filled under another name, counted, then renamed.

A filling that was killed is never used.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local.account import read_json

MARKER = "complete.json"

Sizes = Mapping[str, int]  # of files, by their path within the folder


def sizes(folder: Path) -> dict[str, int]:
    """The size of each file, the marker aside."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != MARKER]
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}


def is_whole(folder: Path) -> bool:
    """Whether every file that was put there is there in its size."""
    return bool(read_json(folder / MARKER) == sizes(folder))


def make_whole(
    target: Path, fill: Callable[[Path], Sizes], *, prefix: str, full: SetupError
) -> None:
    """Have `fill` put files into a new folder, which then becomes `target`.

    `fill` returns what it put there; `prefix` is of the name until then.

    Raises:
        SetupError: the folder does not hold what was put there; `full`: no room.
    """
    for left in target.parent.glob(f"{prefix}*"):
        shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        expected = fill(folder)
        if sizes(folder) != expected:
            raise SetupError(f"{folder} does not hold what was put there")
        (folder / MARKER).write_text(json.dumps(expected), encoding="utf-8")
        if target.exists():
            target.rename(target.parent / f"{prefix}damaged-{os.getpid()}")
        folder.rename(target)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise full from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
