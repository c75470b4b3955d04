"""Tokens of the three standards on a node: what was sent, and what it must emit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from web3 import Web3

from tests.services.anvil import OWNER, Anvil
from tests.services.contracts import Compiled

NOBODY = "0x" + "00" * 20
OTHER = Web3.to_checksum_address("0x" + "0a" * 20)
ME = OWNER.address
MOST = 2**256 - 1
ALL_KINDS = (0, 1, 2, 3, 4)
# a block with each, and one with all of them
BLOCKS: Sequence[Sequence[int]] = (*((kind,) for kind in (0, 1, 2, 4)), ALL_KINDS)

Event = tuple[str, dict[str, Any]]  # its name, its arguments


@dataclass(frozen=True)
class Sent:
    """A transaction as it was handed in, and the events of it."""

    kind: int
    token: str | None
    to: str | None
    data: bytes
    value: int
    status: int
    events: Sequence[Event]


@dataclass
class TokenHistory:
    """What happens to the tokens; `sent` has each transaction by its hash."""

    node: Anvil
    contracts: Mapping[str, Compiled]
    sent: dict[str, Sent] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def deploy(self) -> None:
        """Create each token, by a transaction of another type, in a block of its own.

        Other types create none.
        """
        for kind, (name, contract) in enumerate(self.contracts.items()):
            own = self._send(Sent(kind, None, None, contract.bytecode, 0, 1, ()))
            self.node.mine()
            receipt = self.node.call("eth_getTransactionReceipt", own)
            self.addresses[name] = receipt["contractAddress"]

    def play(self, first_id: int, kinds: Sequence[int]) -> None:
        """Mine a block of mints, transfers, batches, burns, and of failures.

        The types of its transactions are `kinds`, in turn.
        """
        for place, step in enumerate(self._steps(first_id)):
            kind = kinds[place % len(kinds)]
            self.call(kind, *step)
        self.node.mine()

    def call(
        self, kind: int, token: str, function: str, given: Sequence[Any], *events: Event
    ) -> str:
        """Hand a call in; without events it must fail."""
        data = self.contracts[token].encoded(function, *given)
        to, status = self.addresses[token], int(bool(events))
        return self._send(Sent(kind, token, to, data, 0, status, events))

    def pay(self, value: int) -> str:
        """Hand a payment to a new address in, of the first type."""
        return self._send(Sent(0, None, OTHER, b"", value, 1, ()))

    def _steps(self, own: int) -> Sequence[tuple[Any, ...]]:
        ids, amounts = [own, own + 1, own + 2], [1, 10**30, 0]
        return (
            ("Coin", "mint", (ME, 10**18), _moved(NOBODY, ME, value=10**18)),
            ("Coin", "transfer", (OTHER, 7), _moved(ME, OTHER, value=7)),
            ("Coin", "transfer", (OTHER, 0), _moved(ME, OTHER, value=0)),
            ("Coin", "transfer", (OTHER, 10**40)),
            ("Coin", "approve", (OTHER, MOST), _approved(MOST)),
            ("Coin", "burn", (ME, 10**18 - 7), _moved(ME, NOBODY, value=10**18 - 7)),
            ("Deed", "mint", (ME, own), _moved(NOBODY, ME, tokenId=own)),
            ("Deed", "mint", (ME, MOST - own), _moved(NOBODY, ME, tokenId=MOST - own)),
            ("Deed", "mint", (ME, own)),
            ("Deed", "transferFrom", (ME, OTHER, own), _moved(ME, OTHER, tokenId=own)),
            ("Deed", "burn", (MOST - own,), _moved(ME, NOBODY, tokenId=MOST - own)),
            ("Goods", "mintBatch", (ME, ids, amounts), _many(NOBODY, ME, ids, amounts)),
            (
                *("Goods", "safeTransferFrom", (ME, OTHER, own + 1, 5, b"")),
                _one(ME, OTHER, own + 1, 5),
            ),
            (
                *("Goods", "safeBatchTransferFrom", (ME, OTHER, ids, [1, 2, 0], b"")),
                _many(ME, OTHER, ids, [1, 2, 0]),
            ),
            ("Goods", "burnBatch", (ME, ids, amounts)),
            ("Goods", "burnBatch", (ME, ids[1:2], [3]), _one(ME, NOBODY, own + 1, 3)),
        )

    def _send(self, sent: Sent) -> str:
        fields = {"value": sent.value} if sent.value else {}
        own = self.node.send(sent.kind, sent.to, sent.data, **fields)
        self.sent[own] = sent
        return own


def _moved(giver: str, taker: str, **what: int) -> Event:
    return "Transfer", {"from": giver, "to": taker, **what}


def _approved(amount: int) -> Event:
    return "Approval", {"owner": ME, "spender": OTHER, "value": amount}


def _one(giver: str, taker: str, own: int, amount: int) -> Event:
    parties = {"operator": ME, "from": giver, "to": taker}
    return "TransferSingle", {**parties, "id": own, "value": amount}


def _many(giver: str, taker: str, ids: list[int], amounts: list[int]) -> Event:
    parties = {"operator": ME, "from": giver, "to": taker}
    return "TransferBatch", {**parties, "ids": ids, "values": amounts}
