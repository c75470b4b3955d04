"""Postgres: its programs where it is embedded, and that the warehouse is set up."""

from collections.abc import Iterator

import psycopg

from pipelines.doctor.machine import is_set
from pipelines.errors import BullionError
from pipelines.local import postgres, postgres_distribution
from pipelines.local.account import server_account
from pipelines.upstream.health_check import ANSWER_TIMEOUT_S, CheckResult, HealthCheck
from pipelines.warehouse import has_table

GROUPS = ("loader", "transformer", "analyst")


def embedded() -> Iterator[CheckResult]:
    """The bundled programs, and settings that the embedded server does not use."""
    yield HealthCheck("postgres programs", _programs, "make setup").run()
    unused = [name for name in ("pgdatabase", "pguser", "pgpassword") if is_set(name)]
    if unused:
        names = ", ".join(name.upper() for name in unused)
        yield CheckResult(
            "PG* variables",
            ok=False,
            meaning=f"{names} set without PGHOST: not used by the embedded server",
            mend=f"unset {names.replace(',', '')}, or set PGHOST to your server",
        )


def _programs() -> str:
    distribution = postgres_distribution.installed()
    account = server_account()
    runs_as = f", runs as uid {account.uid}" if account.is_other else ""
    return f"Postgres {postgres_distribution.MAJOR} in {distribution.root}{runs_as}"


def _warehouse() -> str:
    parameters = postgres.warehouse_parameters()
    where = f"{parameters['host']}:{parameters['port']}"
    with psycopg.connect(**parameters, connect_timeout=ANSWER_TIMEOUT_S) as connection:
        roles = connection.execute(
            "select rolname from pg_roles where rolname = any(%s)", (list(GROUPS),)
        ).fetchall()
        missing = sorted(set(GROUPS) - {name for (name,) in roles})
        has_ops = has_table(connection, "ops.batches")
    if missing or not has_ops:
        lacks = f"roles {', '.join(missing)}" if missing else "the schema ops"
        raise BullionError(f"the server at {where} lacks {lacks}: not bootstrapped")
    return f"answers at {where}, bootstrapped"


WAREHOUSE = HealthCheck("warehouse", _warehouse, "bullion up")
