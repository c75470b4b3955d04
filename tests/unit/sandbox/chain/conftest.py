"""A simulated chain that stands still, and its node without HTTP."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from pipelines.sandbox.chain.chains import Chains
from pipelines.sandbox.chain.spec import ChainSpec
from pipelines.sandbox.clock import Clock, parse_instant
from pipelines.sandbox.faults import Faults

NOW = parse_instant("2025-06-01T12:00:00Z")


@dataclass
class Node:
    """The chain, its faults and its clock; `ask` calls an endpoint."""

    chains: Chains
    faults: Faults
    clock: Clock
    counts: Counter[tuple[str, str, int]]

    def post(self, body: object, where: str = "ethereum/main") -> tuple[int, Any]:
        answer, _ = self.chains.answer(where, orjson.dumps(body))
        return answer.status, orjson.loads(answer.body)

    def ask(self, method: str, *params: object, where: str = "ethereum/main") -> Any:
        call = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
        _, answer = self.post(call, where)
        assert answer["id"] == 7
        return answer.get("result", answer.get("error"))

    def block(self, number: object, where: str = "ethereum/main") -> Any:
        said = hex(number) if isinstance(number, int) else number
        return self.ask("eth_getBlockByNumber", said, True, where=where)

    def receipts(self, block: Any, where: str = "ethereum/main") -> Any:
        return self.ask("eth_getBlockReceipts", block["hash"], where=where)

    def head(self, where: str = "ethereum/main") -> int:
        return int(self.ask("eth_blockNumber", where=where), 16)

    def branch(self) -> list[Any]:
        """Every block on the branch that counts."""
        return [self.block(number) for number in range(self.head() + 1)]

    def inject(self, kind: str, **fields: Any) -> None:
        self.faults.add({"kind": kind, **fields})


def made(*, seed: int = 1, now_ms: int = NOW, **fields: Any) -> Node:
    known = {"name": "ethereum", "chain_id": 1, "blocks_behind": 40}
    clock = Clock(now_ms, is_frozen=True)
    faults: Faults = Faults(seed)
    counts: Counter[tuple[str, str, int]] = Counter()
    spec = ChainSpec(**{**known, **fields})
    return Node(Chains([spec], seed, clock, faults, counts), faults, clock, counts)


@pytest.fixture
def make() -> Callable[..., Node]:
    return made


@pytest.fixture
def node() -> Node:
    return made()


@pytest.fixture(scope="session")
def long_node() -> Node:
    """One with enough blocks that everything rare is in them; not to be changed."""
    return made(blocks_behind=120, transactions_per_block=24)
