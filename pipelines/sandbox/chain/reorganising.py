"""What a reorganisation makes of blocks: others in their place, of the same senders."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from pipelines.errors import SetupError
from pipelines.sandbox.chain.blocks import Block
from pipelines.sandbox.chain.drawing import replaced
from pipelines.sandbox.chain.making import drawing, included, room_after
from pipelines.sandbox.chain.sealing import Content, Link, Origin
from pipelines.sandbox.chain.transactions import Transaction
from pipelines.sandbox.chain.world import World

_REPLACED, _MOVED = 0.15, 0.15
Place = tuple[int, bytes]


@dataclass(frozen=True)
class Fork:
    """A reorganisation: the newest `depth` blocks give way to `length` others.

    Without `length` as many as give way; 0 is a rollback: the chain gets shorter.
    It happens at once, when the chain's head reaches the block number `at`, or right
    after the next answer to a call of the method `after`.
    """

    depth: int
    length: int | None = None
    chain: str = "ethereum"
    at: int = 0
    after: str = ""

    def __post_init__(self) -> None:
        if self.depth < 1 or self.blocks < 0:
            raise SetupError(
                "a fork has a depth of 1 or more and a length of 0 or more, not "
                f"{self.depth} and {self.length}"
            )
        if self.at and self.after:
            raise SetupError("a fork waits for a block number or a method, not both")
        if 0 < self.at < self.depth:
            raise SetupError(f"block {self.at} is not {self.depth} above the first")

    @property
    def blocks(self) -> int:
        """How many blocks come in place of the `depth` newest."""
        return self.depth if self.length is None else self.length


def origins(fork: Fork, ancestor: Link, branch: int, newest: int) -> Iterator[Origin]:
    """When each new block was made: in even steps from the ancestor to `newest`.

    Raises:
        SetupError: there are more blocks than seconds.
    """
    seconds, blocks = newest - ancestor.origin.timestamp, fork.blocks
    if blocks > seconds:
        raise SetupError(f"{blocks} blocks do not fit into {seconds} s: fork deeper")
    for number in range(1, blocks + 1):
        at = ancestor.origin.timestamp + seconds * number // blocks
        yield Origin(at, branch)


def fixed(
    world: World,
    parent: Link,
    origin: Origin,
    old: tuple[Link, Block],
    done: set[Place],
) -> Origin:
    """The origin with what becomes of an old block's transactions.

    Most stay; some are replaced by others of the same sender and nonce (dropped, and
    others added), some wait for the next block (moved) with all that the same sender
    sent after them. `done` are those that new blocks hold already; it grows.
    """
    link, block = old
    draw = drawing(world, link.number, origin.branch, "fork")
    room = room_after(world, parent)
    candidates = _by_nonce((*parent.waiting, *block.transactions, *link.waiting))
    changed = [
        replaced(world, draw, one, room) if draw.random() < _REPLACED else one
        for one in candidates
        if _place(one) not in done
    ]
    now, moved = _moved(draw, changed)
    chosen, late = included(world, draw, now, room)
    done.update(map(_place, chosen))
    waiting = _by_nonce((*late, *moved))
    content = Content(tuple(chosen), tuple(waiting), link.reached)
    return replace(origin, fixed=content)


def _moved(
    draw: Random, candidates: Sequence[Transaction]
) -> tuple[list[Transaction], list[Transaction]]:
    now: list[Transaction] = []
    moved: list[Transaction] = []
    senders: set[bytes] = set()
    for one in candidates:
        if one.sender in senders or draw.random() < _MOVED:
            senders.add(one.sender)
            moved.append(one)
        else:
            now.append(one)
    return now, moved


def _by_nonce(transactions: Iterable[Transaction]) -> list[Transaction]:
    """One of each sender and nonce, the first that is given, ascending by nonce."""
    first: dict[Place, Transaction] = {}
    for one in transactions:
        first.setdefault(_place(one), one)
    return [first[place] for place in sorted(first)]


def _place(one: Transaction) -> Place:
    return one.draft.nonce, one.sender
