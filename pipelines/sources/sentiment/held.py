"""What bronze holds of a subject: the cursor of every walk is what was loaded."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from psycopg import sql

from pipelines.sources.sentiment.forms import Asked
from pipelines.warehouse import Connection, has_table, scalar

# fetches of the subject, the newest first: its runs
RUNS: LiteralString = """
select max(a.newest_at)
from {answers} as a
where a.endpoint = %s and a.subject is not distinct from %s and a.outcome = 'read'
group by a.fetch_id
order by max(a.received_at) desc
"""
ETAG: LiteralString = """
select a.etag
from {answers} as a
where
    a.endpoint = %s
    and a.subject is not distinct from %s
    and a.outcome = 'read'
    and a.page_number = 1
order by a.received_at desc
limit 1
"""
# what another subject's walk brought may be older than what this one's has not met
IDS: LiteralString = """
select distinct held.{key}
from {table} as held
inner join {answers} as a on held.answer_id = a.answer_id
where
    held.{key} = any(%s)
    and a.endpoint = %s
    and a.subject is not distinct from %s
"""


class Held:
    """What finished and unfinished loads have brought of one subject."""

    def __init__(self, connection: Connection, source: str, asked: Asked) -> None:
        self._connection = connection
        self._schema = f"bronze_{source}"
        self._endpoint = asked.endpoint
        self._key = (asked.endpoint.name, asked.subject)

    def newest(self) -> datetime | None:
        """When the newest item of the last run was created; None: there was no run."""
        return self._of_run(0)

    def newest_of_run_before_last(self) -> datetime | None:
        """The same of the run before the last one."""
        return self._of_run(1)

    def etag(self) -> str | None:
        """Of the last answer: who sends it is told whether anything changed."""
        found = self._scalar(ETAG)
        return str(found) if found else None

    def new_ids(self, ids: Sequence[str]) -> set[str]:
        """Those that no answer about the subject has brought."""
        table = self._endpoint.table.name
        if not has_table(self._connection, f"{self._schema}.{table}"):
            return set(ids)
        statement = sql.SQL(IDS).format(
            key=sql.Identifier(self._endpoint.key),
            table=sql.Identifier(self._schema, table),
            answers=sql.Identifier(self._schema, "answers"),
        )
        rows = self._connection.execute(statement, (list(ids), *self._key))
        return set(ids) - {str(one) for (one,) in rows}

    def _of_run(self, number: int) -> datetime | None:
        found = self._scalar(RUNS + f" offset {number:d} limit 1")
        return found if isinstance(found, datetime) else None

    def _scalar(self, statement: LiteralString) -> object:
        if not has_table(self._connection, f"{self._schema}.answers"):
            return None
        answers = sql.Identifier(self._schema, "answers")
        found: object = scalar(
            self._connection, sql.SQL(statement).format(answers=answers), *self._key
        )
        return found
