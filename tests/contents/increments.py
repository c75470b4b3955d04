"""What dbt sent for increments, sent again: a model's SQL without dbt's own seconds.

A `dbt run` of all that candles reach takes 6 s of CPU for one of Postgres', and a
history of loads makes tens of them. On tables that stand it sends the same each time,
but for the names of temporary tables.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import Any

from dbt_common.events.base_types import EventMsg
from psycopg import sql

from pipelines import warehouse

THREADS = 3  # as in dbt's profile
HOOKS = "master"
STANDING = "select count(to_regclass(name)) from unnest(%s::text[]) as names (name)"
MAKES_A_TABLE = re.compile(r"create\s+table\s")


class Increments:
    """The statements of each model, and those that stand before and after all."""

    def __init__(self, manifest: Any) -> None:
        self._parents: Mapping[str, list[str]] = manifest.parent_map
        self._views = {
            name
            for name, node in manifest.nodes.items()
            if node.resource_type == "model" and node.config.materialized == "view"
        }
        self._names = {n: node.relation_name for n, node in manifest.nodes.items()}
        self._models: dict[str, list[str]] = {}
        self._before: list[str] = []
        self._after: list[str] = []

    def knows(self, models: Sequence[str]) -> bool:
        """Whether each of them has been heard, and stands."""
        if not all(model in self._models for model in models):
            return False
        names = [self._names[model] for model in models]
        with warehouse.connect("transformer", "test") as connection:
            found = connection.execute(STANDING, (names,)).fetchone()
        return found == (len(names),)

    def hear(self, events: Iterable[EventMsg]) -> None:
        """Keep what a run sent, but for a model whose table it made."""
        sent = defaultdict(list)
        hooks = defaultdict(list)
        for event in events:
            name = event.data.node_info.node_name
            if event.data.conn_name == HOOKS and name:
                hooks["-on-run-start-" in name].append(event.data.sql)
            elif event.data.conn_name.startswith("model."):
                sent[event.data.conn_name].append(event.data.sql)
        self._before, self._after = hooks[True], hooks[False]
        for model, statements in sent.items():
            if model in self._views:
                self._models[model] = []  # it stands, and is the same
            elif not any(map(MAKES_A_TABLE.search, statements)):
                self._models[model] = statements

    def send(self, models: Iterable[str]) -> None:
        """Send what runs of these models sent, each after those it stands on.

        Raises:
            psycopg.Error: a statement failed; a note names its model.
        """
        wanted = set(models)
        order = TopologicalSorter({m: self._stands_on(m, wanted) for m in wanted})
        order.prepare()
        under_way: dict[Future[None], str] = {}
        _send("on-run-start", self._before)
        with ThreadPoolExecutor(THREADS) as pool:
            while order.is_active():
                for model in order.get_ready():
                    under_way[pool.submit(_send, model, self._models[model])] = model
                for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                    done.result()
                    order.done(under_way.pop(done))
        _send("on-run-end", self._after)

    def _stands_on(self, model: str, wanted: set[str]) -> set[str]:
        """The models among the wanted that it reads, also through others."""
        found: set[str] = set()
        look_at = [model]
        while look_at:
            new = set(self._parents.get(look_at.pop(), ())) - found
            found |= new
            look_at += new
        return found & wanted


def _send(model: str, statements: Iterable[str]) -> None:
    with warehouse.connect("transformer", "test") as connection:
        connection.autocommit = False
        for statement in statements:
            try:
                connection.execute(sql.SQL(statement))
            except Exception as e:
                e.add_note(model)
                raise
