"""A mart as it was known: what stood after each transform, asked for later."""

from datetime import datetime, timedelta

import pytest
from psycopg.errors import InvalidParameterValue

from pipelines import warehouse

STANDS = "select (to_jsonb(m) - 'changed_in')::text from gold.fct_{} as m order by 1"
STOOD = """
select (to_jsonb(m) - 'known_at')::text, known_at <= %s
from gold.{}_as_of(%s) as m order by 1
"""


class AsKnown:
    """`mart` without its `fct_`, which an analyst looks at."""

    def __init__(self, mart: str) -> None:
        self._mart = mart
        self._seen: list[tuple[datetime, list[str]]] = []

    def see(self) -> None:
        """Keep what stands, and when."""
        with warehouse.connect("analyst", "test") as connection:
            rows = connection.execute(STANDS.format(self._mart).encode()).fetchall()
            at = warehouse.scalar(connection, "select clock_timestamp()")
        self._seen.append((at, [row for (row,) in rows]))

    def age(self, age: timedelta) -> None:
        """All that was seen was so much earlier."""
        self._seen = [(at - age, rows) for at, rows in self._seen]

    def check(self) -> None:
        """Each time is told as it was, by runs that could be read then."""
        assert len({tuple(rows) for _, rows in self._seen}) > 2
        for at, rows in self._seen:
            found = self._as_of(at)
            assert [row for row, _ in found] == rows
            # None: the row is older than its history
            assert not any(was_known is False for _, was_known in found)

    def check_forgotten(self) -> None:
        """None of them is told: the history begins after them."""
        for at, _ in self._seen:
            with pytest.raises(InvalidParameterValue, match="reach back"):
                self._as_of(at)
        self._seen.clear()

    def _as_of(self, at: datetime) -> list[tuple[str, bool]]:
        with warehouse.connect("analyst", "test") as connection:
            query = STOOD.format(self._mart).encode()
            return connection.execute(query, (at, at)).fetchall()
