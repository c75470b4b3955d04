"""Calls before they are transactions, and who makes them."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from pipelines.sandbox.chain.encoding import keccak
from pipelines.sandbox.chain.events import ZERO
from pipelines.sandbox.chain.transactions import Log
from pipelines.sandbox.chain.world import World

_MOST = (1 << 256) - 1
_MINTED, _BURNT = 0.2, 0.1


class Call(NamedTuple):
    """A call before it is a transaction; `work` is gas above what any call costs."""

    to: bytes
    value: int = 0
    data: bytes = b""
    work: int = 0
    logs: tuple[Log, ...] = ()
    kind: int | None = None


class Caller(NamedTuple):
    """Who calls, and the draws that decide what."""

    world: World
    draw: Random
    address: bytes

    def one_of(self, addresses: Sequence[bytes]) -> bytes:
        """Any of them."""
        return addresses[int(self.draw.random() * len(addresses))]

    @property
    def other(self) -> bytes:
        """An account, which may be the caller's own."""
        return self.one_of(self.world.holders)

    @property
    def amount(self) -> int:
        """Small and large ones, zero and the most that there can be."""
        amount = self.draw.getrandbits(72) >> self.draw.getrandbits(6)
        return amount if self.draw.random() < 0.99 else _MOST  # noqa: PLR2004

    @property
    def ends(self) -> tuple[bytes, bytes]:
        """Who gives and who takes: often the caller and another, else zero is one."""
        share = self.draw.random()
        if share < _MINTED:
            return ZERO, self.other
        return self.address, ZERO if share < _MINTED + _BURNT else self.other

    def calling(
        self, contract: bytes, signature: bytes, logs: tuple[Log, ...], value: int = 0
    ) -> Call:
        """A call of a contract's function, whose arguments are the last log's words."""
        last = logs[-1] if logs else Log(contract, (), b"")
        data = keccak(signature)[:4] + b"".join(last.topics[1:]) + last.data
        work = 21_000 + 8_000 * len(logs) + self.draw.getrandbits(15)
        return Call(contract, value, data, work, logs)
