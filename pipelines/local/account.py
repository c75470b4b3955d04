"""Under which account a service runs, and what that account can reach.

Postgres refuses root. As root it runs as `nobody`, which exists on every Unix; as
anybody else it runs as oneself.
"""

import json
import os
import pwd
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import SetupError
from pipelines.settings import PRIVATE, make_private

UNPRIVILEGED = "nobody"  # uid 65534 on Linux, -2 on macOS

# Not our environment: PG* variables would reach the server, and a password with them.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


@dataclass(frozen=True)
class Account:
    """An account; `is_other` when it is not the one that runs this process."""

    uid: int
    gid: int
    is_other: bool

    @property
    def drop(self) -> dict[str, Any]:
        """What makes a `subprocess` run as this account."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def run(
        self,
        command: Sequence[str | Path],
        *,
        given: str = "",
        timeout_s: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` to its end, in a session of its own, out of any private folder.

        `given` is what it reads from standard input.

        Raises:
            SetupError: this process may not become the account (a container without
                the SETUID and SETGID capabilities).
        """
        try:
            return subprocess.run(
                command,
                env=ENVIRONMENT,
                cwd="/",
                input=given,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                start_new_session=True,
                timeout=timeout_s,
                **self.drop,
            )
        except PermissionError as error:
            raise SetupError(
                f"{command[0]} could not be run as uid {self.uid}: {error.strerror}; "
                "run bullion as another user than root"
            ) from None

    def can_use(self, folder: Path, *, write: bool = False) -> bool:
        """Whether the account can enter `folder` (and write there), by trying it."""
        if not folder.is_dir():
            return False
        test = 'cd -- "$1" && ls . >/dev/null && { [ "$2" = r ] || [ -w . ]; }'
        mode = "w" if write else "r"
        return self.run(["/bin/sh", "-c", test, "sh", folder, mode]).returncode == 0

    def make_folder(self, folder: Path) -> None:
        """Make `folder` the account's own, closed to others.

        What is missing above it stays ours, and lets the account through.
        """
        make_private(folder.parent, 0o711 if self.is_other else PRIVATE)
        folder.mkdir(mode=PRIVATE, exist_ok=True)
        folder.chmod(PRIVATE)
        if self.is_other:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)

    def write(self, path: Path, text: str) -> None:
        """Put `text` into `path` at once, readable by the account alone."""
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                if self.is_other:
                    os.fchown(file.fileno(), self.uid, self.gid)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def read_json(path: Path) -> Any:
    """What the file holds; None: there is none, or it is not whole."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def own_account() -> Account:
    """The account that runs this process."""
    return Account(os.getuid(), os.getgid(), is_other=False)


def server_account() -> Account:
    """The account for servers that refuse root: one's own, or `nobody` as root.

    Raises:
        SetupError: root, on a system without that account.
    """
    if os.getuid() != 0:
        return own_account()
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise SetupError(
            f"as root, Postgres runs as the account {UNPRIVILEGED!r}, and this system "
            f"has none; add it: echo '{UNPRIVILEGED}:x:65534:65534::/:/bin/false' "
            ">> /etc/passwd"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, is_other=True)
