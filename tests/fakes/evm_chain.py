"""A chain of blocks that prove, and a node that serves it as geth does."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes import evm_blocks
from tests.fakes.evm_blocks import KINDS, Json, Log, Tx
from tests.fakes.node_server import Node, NodeError

TRANSFER = bytes.fromhex(
    "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
)
Made = tuple[Json, list[Json]]


def _log(number: int) -> Log:
    parties = [bytes(31) + bytes([1]), bytes(31) + bytes([2])]
    return Log(b"\x0a" * 20, [TRANSFER, *parties], number.to_bytes(32, "big"))


class Chain:
    """Blocks 0 to `length` - 1; `final` of them lie behind the finalized one."""

    def __init__(
        self, length: int, *, chain_id: int = 1, final: int = 2, transactions: int = 2
    ) -> None:
        self.chain_id = chain_id
        self.final = final
        self.transactions = transactions
        self.blocks: list[Made] = []
        self.gone: list[Made] = []
        self.extend(length)

    def extend(self, count: int, branch: int = 0) -> None:
        """So many more blocks; each branch has its own."""
        for _ in range(count):
            number = len(self.blocks)
            parent = self.blocks[-1][0]["hash"] if self.blocks else "0x" + "00" * 32
            sent = [
                Tx(
                    kind=KINDS[(number + n) % len(KINDS)],
                    nonce=number * 10 + n,
                    value=1 + branch,
                    logs=[_log(number)],
                )
                for n in range(self.transactions if number % 5 else 0)
            ]
            made = evm_blocks.answers(
                sent,
                chain_id=self.chain_id,
                number=number,
                parent=bytes.fromhex(parent[2:]),
                withdrawals=[(number, branch, b"\1" * 20, 1)],
            )
            self.blocks.append(made)

    def fork(self, depth: int, length: int | None = None) -> None:
        """Other blocks in place of the newest; fewer shorten the chain."""
        self.gone += self.blocks[-depth:]
        del self.blocks[-depth:]
        self.extend(depth if length is None else length, branch=len(self.gone))

    @property
    def head(self) -> int:
        return len(self.blocks) - 1

    @property
    def hashes(self) -> dict[int, str]:
        return {n: block["hash"] for n, (block, _) in enumerate(self.blocks)}

    def by_hash(self, block_hash: str) -> Made | None:
        return next(
            (made for made in self.blocks if made[0]["hash"] == block_hash), None
        )

    def by_number(self, told: str) -> Made | None:
        tags = {"latest": self.head, "safe": self.head - 1}
        tags["finalized"] = max(0, self.head - self.final)
        number = tags[told] if told in tags else int(told, 16)
        return self.blocks[number] if 0 <= number < len(self.blocks) else None


@dataclass
class View:
    """The chain as a node has it: so many blocks `behind`, its answers `altered`.

    `has` says how it has receipts: by `hash`, by `number`, or `single` alone.
    """

    chain: Chain
    altered: Callable[[Json, list[Json]], None] = lambda *_: None
    behind: int = 0
    has: Sequence[str] = ("hash", "number", "single")

    @property
    def head(self) -> int:
        return self.chain.head - self.behind

    def seen(self, made: Made | None) -> Made | None:
        if made is None or int(made[0]["number"], 16) > self.head:
            return None
        block, receipts = copy.deepcopy(made)
        self.altered(block, receipts)
        return block, receipts

    def block(self, told: str, is_full: bool) -> Any:
        number = hex(self.head) if told == "latest" else told
        found = self.seen(self.chain.by_number(number))
        if found and not is_full:
            found[0]["transactions"] = [tx["hash"] for tx in found[0]["transactions"]]
        return found and found[0]

    def receipts(self, told: str) -> Any:
        by = "hash" if len(told) == 66 else "number"
        if by not in self.has:
            raise NodeError(-32602, "invalid argument 0: hex number > 64 bits")
        find = self.chain.by_hash if by == "hash" else self.chain.by_number
        found = self.seen(find(told))
        return found and found[1]

    def receipt(self, told: str) -> Any:
        every = (self.seen(made) or ({}, []) for made in self.chain.blocks)
        found = (r for _, of_one in every for r in of_one)
        return next((r for r in found if r["transactionHash"] == told), None)


def node_of(chain: Chain, *, key: str = "key-of-a-provider", **view: Any) -> Node:
    """A node of the chain; `view` is what `View` takes."""
    seen = View(chain, **view)
    methods: dict[str, Callable[..., Any]] = {
        "eth_chainId": lambda: hex(chain.chain_id),
        "eth_blockNumber": lambda: hex(seen.head),
        "eth_getBlockByNumber": seen.block,
        "eth_getTransactionReceipt": seen.receipt,
        "eth_getBlockReceipts": seen.receipts,
    }
    if set(seen.has) == {"single"}:
        del methods["eth_getBlockReceipts"]
    return Node(methods, key=key)
