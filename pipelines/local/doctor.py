"""What could keep the local stack from working, and the command that mends it."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg

from pipelines.errors import BullionError
from pipelines.local import place, postgres, postgres_distribution, stream_checks
from pipelines.local.account import server_account
from pipelines.settings import Settings, settings

MIN_PYTHON = (3, 11)
MIN_FREE_GB = 2  # the demo's data and WAL (max_wal_size 2 GB) with room for a build
ANSWER_TIMEOUT_S = 2
GROUPS = ("loader", "transformer", "analyst")


@dataclass(frozen=True)
class Check:
    """A thing looked at; `mend` is empty when it is well."""

    name: str
    ok: bool
    meaning: str
    mend: str = ""


def check() -> list[Check]:
    """Every check, in the order in which to mend what fails.

    With wrong settings the rest can not be looked at.
    """
    read = _guarded("settings", _settings, "correct the variable; .env.example has all")
    if not read.ok:
        return [_python(), read]
    return [
        _python(),
        read,
        _guarded("data directory", _data_dir, "set BULLION_DATA_DIR elsewhere"),
        _disk(),
        *(_embedded() if settings().is_embedded else ()),
        _guarded("warehouse", _warehouse, "bullion up"),
        *_stream(),
        *_venues(),
        *_strays(),
    ]


def _guarded(name: str, look: Callable[[], str], mend: str) -> Check:
    """`look` says what it found, or raises what is wrong."""
    try:
        return Check(name, ok=True, meaning=look())
    except (BullionError, OSError, psycopg.Error) as error:
        return Check(name, ok=False, meaning=str(error).strip(), mend=mend)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= MIN_PYTHON:
        return Check("python", ok=True, meaning=version)
    return Check(
        "python",
        ok=False,
        meaning=f"{version} is older than 3.11",
        mend="make setup PYTHON=python3.11",
    )


def _settings() -> str:
    given = [f.alias for n, f in Settings.model_fields.items() if _is_set(n)]
    named = ", ".join(sorted(str(alias) for alias in given))
    return f"from the environment: {named}" if given else "all by default"


def _is_set(name: str) -> bool:
    return name in settings().model_fields_set


def _data_dir() -> str:
    folder = place.data_dir()
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} can not be written")
    outside = place.recorded(folder)
    return f"{folder} (servers' data in {outside})" if outside else str(folder)


def _disk() -> Check:
    folder = place.recorded(place.data_dir()) or place.data_dir()
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free / 2**30
    meaning = f"{free_gb:.1f} GB free at {folder}"
    if free_gb >= MIN_FREE_GB:
        return Check("disk", ok=True, meaning=meaning)
    return Check(
        "disk",
        ok=False,
        meaning=f"{meaning}: Postgres stops when it is full",
        mend=f"free {MIN_FREE_GB} GB there, or set BULLION_DATA_DIR to another disk",
    )


def _embedded() -> Iterator[Check]:
    yield _guarded("postgres programs", _programs, "make setup")
    unused = [name for name in ("pgdatabase", "pguser", "pgpassword") if _is_set(name)]
    if unused:
        names = ", ".join(name.upper() for name in unused)
        yield Check(
            "PG* variables",
            ok=False,
            meaning=f"{names} set without PGHOST: not used by the embedded server",
            mend=f"unset {names.replace(',', '')}, or set PGHOST to your server",
        )


def _programs() -> str:
    found = postgres_distribution.installed()
    account = server_account()
    runs_as = f", runs as uid {account.uid}" if account.is_other else ""
    return f"Postgres {postgres_distribution.MAJOR} in {found.root}{runs_as}"


def _warehouse() -> str:
    parameters = postgres.warehouse_parameters()
    where = f"{parameters['host']}:{parameters['port']}"
    with psycopg.connect(**parameters, connect_timeout=ANSWER_TIMEOUT_S) as connection:
        known = connection.execute(
            "select rolname from pg_roles where rolname = any(%s)", (list(GROUPS),)
        ).fetchall()
        missing = sorted(set(GROUPS) - {name for (name,) in known})
        has_ops = connection.execute("select to_regclass('ops.batches')").fetchone()
    if missing or has_ops == (None,):
        lacks = f"roles {', '.join(missing)}" if missing else "the schema ops"
        raise BullionError(f"the server at {where} lacks {lacks}: not bootstrapped")
    return f"answers at {where}, bootstrapped"


def _stream() -> Iterator[Check]:
    """Kafka and Debezium are looked at where they were given or once started."""
    yield _guarded("java", stream_checks.runtime, "make setup")
    if stream_checks.kafka_place():
        yield _guarded("kafka", stream_checks.broker, "bullion up kafka")
    if stream_checks.debezium_place():
        yield _guarded("debezium", stream_checks.connector, "bullion up debezium")


def _venues() -> Iterator[Check]:
    for name in sorted(n for n in Settings.model_fields if n.endswith("_url")):
        url = settings().venue_url(name.removesuffix("_url"))
        if url:
            alias = f"BULLION_{name.upper()}"
            mend = f"bullion up sandbox, or: unset {alias}"
            yield _guarded(alias, lambda url=url: _answers(url), mend)  # type: ignore[misc]


def _answers(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        address = (parts.hostname or "", port)
        socket.create_connection(address, ANSWER_TIMEOUT_S).close()
    except OSError as error:
        raise BullionError(f"nothing answers at {url} ({error.strerror})") from None
    return f"answers at {url}"


def _strays() -> Iterator[Check]:
    for folder in place.strays():
        yield Check(
            "forgotten data",
            ok=False,
            meaning=f"{folder} belongs to a data directory that is gone",
            mend=f"rm -r {folder}",
        )
