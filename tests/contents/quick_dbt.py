"""dbt, without what it does again for each node or run and no test asks for.

What a run does and says is the same; in a process that runs dbt tens of times these
were three tenths of its own time.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import sqlparse
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt.adapters.sql import connections as sql_connections
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.clients.jinja import MacroFuzzEnvironment
from dbt_common.events.base_types import BaseEvent
from jinja2 import Environment

from dbt import compilation

COMPILED: dict[tuple[object, ...], Any] = {}
fire_event = vars(sql_connections)["fire_event"]


def keep_open(connections: PostgresConnectionManager) -> None:
    """End the transaction of a thread's connection, for the thread's next node."""
    connection = connections.get_if_exists()
    if connection is not None and connection.state == "open":
        connection.handle.rollback()  # psycopg2 does not see a COMMIT that dbt sends
        with connection.handle.cursor() as cursor:  # what was rolled back may set it
            cursor.execute(f"set role {connection.credentials.role}")
        connection.handle.commit()
        connection.transaction_open = False


def compile_once(environment: Environment, source: Any, *names: Any) -> Any:
    """The code of a template, compiled when it is first seen."""
    key = (type(environment), source, *names)
    if key not in COMPILED:
        COMPILED[key] = Environment.compile(environment, source, *names)
    return COMPILED[key]


def fire_what_is_read(event: BaseEvent | None, **options: Any) -> None:
    """Of what a statement has, the event that was built."""
    if event is not None:
        fire_event(event, **options)


def tokens_of(text: str) -> list[Any]:
    """The statements of a text, without the trees of what is in brackets."""
    return list(sqlparse.engine.FilterStack().run(text))


INSTEAD: Sequence[tuple[object, str, object]] = (
    # dbt opens a connection for each node
    (PostgresConnectionManager, "release", keep_open),
    # Each run asked, of every frame of the stack, which of all modules it is of, for
    # events that nobody reads: a sixth of the time of all tests.
    (BehaviorFlagRendered, "_default_source", staticmethod(lambda: "dbt")),
    # models and tests are compiled anew by each run: a tenth
    (MacroFuzzEnvironment, "compile", compile_once),
    # of three events a statement one is read, and all are built: 7 of a hundred
    (sql_connections, "fire_event", fire_what_is_read),
    (sql_connections, "ConnectionUsed", lambda **_: None),
    (sql_connections, "SQLQueryStatus", lambda **_: None),
    # Where a node has CTEs of others, the first word of its SQL is sought in a tree of
    # all of it: an eighth of the time of unit tests.
    (
        compilation,
        "sqlparse",
        SimpleNamespace(parse=tokens_of, sql=sqlparse.sql, tokens=sqlparse.tokens),
    ),
)
for where, name, ours in INSTEAD:
    setattr(where, name, ours)
