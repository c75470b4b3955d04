"""Loads of chains from nodes of a test's own, and what bronze has of them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from pipelines import warehouse
from pipelines.bronze.load import LoadFacts
from pipelines.config.rows import configuration
from pipelines.sources.evm_node.source import EvmSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.contents.roles import run
from tests.fakes.node_server import Node, serving

FINISHED = """
select {columns} from bronze_evm.{table} as t
where t._dlt_load_id in (
    select l.load_id from ops.loads as l where l.schema_name = 'bronze_evm'
)
"""


@contextmanager
def endpoints(
    environment: pytest.MonkeyPatch, nodes: Sequence[Node], chain: str = "ethereum"
) -> Iterator[list[str]]:
    """The nodes serve, and are the chain's endpoints in this order."""
    with ExitStack() as running:
        urls = [running.enter_context(serving(node)) for node in nodes]
        setting = f"BULLION_{chain.upper()}_RPC_URLS"
        environment.setenv(setting, " ".join(urls))
        yield urls


def patient(database: dict[str, Any], **thresholds: int) -> None:
    """Thresholds as they are named; what is not there yet is asked for twice."""
    for name, amount in {"attempts": 2, **thresholds}.items():
        change = f"set amount = {amount} where threshold = '{name}'"
        run(database, "operator", f"update config.thresholds {change}")


def loaded(
    first: int | None = None, end: int | None = None, chain: str = "ethereum"
) -> tuple[EvmSource, LoadFacts | None]:
    """One load, as the command makes it."""
    options = LoadOptions.parse([chain], numbers=(first, end))
    source = EvmSource(configuration(), options)
    return source, load(source)


def bronze(table: str, columns: str, rest: str = "") -> list[tuple[Any, ...]]:
    """Rows of finished loads."""
    with warehouse.connect("loader", "test") as connection:
        if not warehouse.has_table(connection, f"bronze_evm.{table}"):
            return []
        query = FINISHED.format(columns=columns, table=table) + rest
        return connection.execute(query.encode()).fetchall()


def held(chain: str = "ethereum") -> dict[int, list[str]]:
    """The hashes of each number, whole blocks alone; a hash as often as it is held."""
    found: dict[int, list[str]] = {}
    columns = "block_number, '0x' || encode(block_hash, 'hex')"
    for number, block_hash in bronze("blocks", columns, "order by 1, 2"):
        found.setdefault(number, []).append(block_hash)
    return found
