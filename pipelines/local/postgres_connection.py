"""Where the embedded server is reached, as kept in the data directory.

One file holds host, port, database and user, another the password; both are the
owner's alone to read.
"""

import json
from pathlib import Path
from typing import Any

from pipelines.local import place
from pipelines.local.account import own_account, read_json
from pipelines.local.port import HOST
from pipelines.local.postgres_cluster import DATABASE, SUPERUSER
from pipelines.local.postgres_server import is_postmaster, postmaster_pid

NAME = "postgres"


class Parameters(dict[str, Any]):
    """libpq's parameters of a connection; its repr hides the password."""

    def __repr__(self) -> str:
        hidden = {k: "********" if k == "password" else v for k, v in self.items()}
        return f"Parameters({hidden})"


def write(data_dir: Path, port: int, password_file: Path) -> None:
    """Keep where the server will be reached."""
    facts = {
        "host": HOST,
        "port": port,
        "dbname": DATABASE,
        "user": SUPERUSER,
        "password_file": password_file.name,
    }
    own_account().write(_file(data_dir), json.dumps(facts, indent=2))


def facts(data_dir: Path) -> dict[str, Any]:
    """What was kept; empty before the first start."""
    return read_json(_file(data_dir)) or {}


def parameters(data_dir: Path) -> Parameters:
    """libpq's parameters, password and all; the server was started once."""
    kept = facts(data_dir)
    password_file = data_dir / NAME / kept.pop("password_file")
    return Parameters(kept, password=password_file.read_text(encoding="utf-8"))


def runs(data_dir: Path) -> bool:
    """Whether the server of this data directory is alive, no matter who started it."""
    data = place.existing_state_folder(data_dir, NAME) / "data"
    pid = postmaster_pid(data)
    return pid is not None and is_postmaster(pid, data)


def _file(data_dir: Path) -> Path:
    return data_dir / NAME / "connection.json"
