"""Who and what is on a simulated chain: accounts, contracts, and how full blocks are.

All of it is made of the sandbox's seed and the chain's id.
"""

from dataclasses import dataclass
from functools import cached_property

from pipelines.sandbox.chain.contracts import Contracts
from pipelines.sandbox.chain.encoding import keccak
from pipelines.sandbox.chain.keys import Key, key

SENDERS = 64
_AUTHORITIES = 8
_HOLDERS = 200
# Twice what the average transaction takes, so that blocks are half full on average.
_GAS_PER_TRANSACTION = 120_000


@dataclass(frozen=True)
class World:
    """One chain's constants."""

    seed: int
    chain_id: int
    transactions_per_block: int

    @property
    def gas_limit(self) -> int:
        """The same for every block; room for a few even where blocks are empty."""
        return _GAS_PER_TRANSACTION * max(self.transactions_per_block, 4)

    @cached_property
    def senders(self) -> list[Key]:
        """Transaction k is sent by sender k modulo their number, with nonce k over it.

        So one number says which nonce each sender has reached.
        """
        return [key(f"sender {self.seed} {n}") for n in range(SENDERS)]

    @cached_property
    def authorities(self) -> list[Key]:
        """Accounts that let their address run code; they send nothing."""
        return [key(f"authority {self.seed} {n}") for n in range(_AUTHORITIES)]

    @cached_property
    def holders(self) -> list[bytes]:
        """Who is paid: the senders, and accounts that never send."""
        silent = (self._address(f"holder {n}") for n in range(_HOLDERS))
        return [*(one.address for one in self.senders), *silent]

    @cached_property
    def contracts(self) -> Contracts:
        """Tokens of every standard."""
        return Contracts(self.seed, self.chain_id)

    @cached_property
    def pool(self) -> bytes:
        """An exchange's contract, which is no token."""
        return self._address("pool")

    @cached_property
    def inbox(self) -> bytes:
        """Where blobs are sent."""
        return self._address("inbox")

    def _address(self, name: str) -> bytes:
        return keccak(f"{name} {self.seed} {self.chain_id}".encode())[12:]
