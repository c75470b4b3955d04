"""Blocks of a node as they come: from the answer that named a head to gold."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

from pipelines import warehouse
from pipelines.local.service import UnavailableError
from pipelines.settings import export
from tests.bench.anvil import CHAIN, SENT, Token
from tests.bench.change_stream import beside, bullion
from tests.bench.child import ChildError
from tests.bench.neighbours import taken
from tests.bench.options import Options
from tests.bench.quantiles import percentile
from tests.bench.server import Server
from tests.bench.tables import Table
from tests.services import npm_packages
from tests.services.anvil import CHAIN_ID, Anvil, running

BLOCK_S = 2.0
BUDGET_S = 10
POLL_S = 0.05
READY_S = 600.0
TITLE = "From a node's head to gold, seconds"
HEADING = ("blocks", "p50", "p95", "most", "of it in bronze p50", f"p95 < {BUDGET_S} s")
NOTE = (
    f"anvil mines a block of {SENT} transfers of an ERC-20 each {BLOCK_S:.0f} s."
    " `bullion collect --chain anvil` loads them, `bullion transform --follow --tests"
    " none` builds. From the first answer in bronze whose head is the block, or one"
    " above it, until a reader that looks twenty times a second finds it in"
    " `gold.fct_blocks`; *in bronze*: until its load was committed."
)
BUILT: LiteralString = (
    "select to_regclass('gold.fct_blocks') is not null"
    " and to_regclass('ops.transforms') is not null"
    " and exists (select from ops.transforms)"
)
IN_GOLD: LiteralString = (
    "select coalesce(max(block_number), -1) from gold.fct_blocks where chain_id = %s"
)
TOLD: LiteralString = """
select
    b.block_number,
    (
        select min(h.received_at) from bronze_evm.heads as h
        where h.chain_id = b.chain_id and h.block_number >= b.block_number
    ),
    min(l.completed_at)
from bronze_evm.blocks as b
inner join ops.loads as l on b._dlt_load_id = l.load_id
where b.chain_id = %s and b.block_number > %s
group by b.chain_id, b.block_number
"""


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """How old a block is in gold when it can first be asked for."""
    try:
        packages = npm_packages.installed()
    except UnavailableError as error:
        yield Table(TITLE, HEADING, [(0, *[None] * 5)], (str(error),))
        return
    with (
        server.database("bench_following"),
        running(packages, folder) as node,
        warehouse.connect(None, "bench reader") as reader,
    ):
        reader.autocommit = True
        export({f"BULLION_{CHAIN.upper()}_RPC_URLS": node.url})
        bullion("config", "import")
        bullion("config", "set", "chains", CHAIN, "is_enabled=true")
        token = Token(node, packages)
        with (
            beside(folder, "collect", "--chain", CHAIN) as collector,
            beside(folder, "transform", "--follow", "--tests", "none") as builder,
        ):
            _wait_until_built(reader, node)
            first = node.head
            own = (server.pid, node.pid, collector.pid, builder.pid)
            with taken(*own) as others:
                seen = _seen(reader, node, token, options.followed_blocks)
        rows = reader.execute(TOLD, (CHAIN_ID, first)).fetchall()
    told = {number: (answered, held) for number, answered, held in rows}
    yield _table(seen, told, others.cores)


def _seen(
    reader: warehouse.Connection, node: Anvil, token: Token, count: int
) -> Mapping[int, datetime]:
    """Mine blocks at their pace; when each was first found in gold."""
    last, due = node.head + count, time.monotonic()
    seen: dict[int, datetime] = {}
    newest, patience = node.head, time.monotonic() + READY_S + count * BLOCK_S
    while newest < last:
        if time.monotonic() > patience:
            raise ChildError(f"gold has no block above {newest} of {last}")
        if node.head < last and time.monotonic() >= due:
            token.transfer(SENT)
            node.mine()
            due += BLOCK_S
        row = reader.execute(IN_GOLD, (CHAIN_ID,)).fetchone()
        now, found = datetime.now(UTC), row[0] if row else -1
        seen |= dict.fromkeys(range(newest + 1, found + 1), now)
        newest = max(newest, found)
        time.sleep(POLL_S)
    return seen


def _wait_until_built(reader: warehouse.Connection, node: Anvil) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if reader.execute(BUILT).fetchone() == (True,):
            row = reader.execute(IN_GOLD, (CHAIN_ID,)).fetchone()
            if row and row[0] >= node.head:
                return
        time.sleep(1)
    raise ChildError(f"gold has not the node's blocks after {READY_S:.0f} s")


def _table(
    seen: Mapping[int, datetime],
    told: Mapping[int, tuple[datetime, datetime]],
    cores: float | None,
) -> Table:
    ages = [(at - told[number][0]).total_seconds() for number, at in seen.items()]
    loads = [(told[n][1] - told[n][0]).total_seconds() for n in seen]
    p95 = percentile(ages, 95)
    row = (
        *(len(ages), percentile(ages, 50), p95, max(ages), percentile(loads, 50)),
        "yes" if p95 < BUDGET_S else "no",
    )
    beside = "unknown" if cores is None else f"{cores:.2f}"
    others = f"Cores that other processes took meanwhile: {beside}."
    return Table(TITLE, HEADING, [row], (NOTE, others))
