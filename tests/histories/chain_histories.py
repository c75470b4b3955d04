"""Random histories of chains: forks, rollbacks, holes, nodes behind, bad readings.

Chain 1 has two endpoints, of which one is behind or on a branch that was left, and
answers that flap between ancestors; 31337 has one node, which goes back and counts at
once. No fork is deeper than what an endpoint has called final.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.histories.candle_histories import Load
from tests.histories.chain_answers import differing, page, refused
from tests.histories.chain_rows import Block, Rows, Sent, Transaction, head, whole
from tests.histories.token_events import events

FINAL_DEPTH = 6
CONFIRMATIONS = {1: 3, 31337: 1}
ENDPOINTS = {1: ("first", "second"), 31337: ("anvil",)}
POLL_S = 5.0


@dataclass
class World:
    """A chain as it is, and as its endpoints have it."""

    chain_id: int
    rng: random.Random
    blocks: dict[bytes, Block] = field(default_factory=dict)
    tip: Block = field(init=False)
    views: dict[str, Block] = field(default_factory=dict)
    floor: int = 0  # the highest number that was called final

    def __post_init__(self) -> None:
        self.tip = self.mine(None, [])
        self.grow(FINAL_DEPTH)
        self.views = dict.fromkeys(ENDPOINTS[self.chain_id], self.tip)

    def mine(self, parent: Block | None, moved: list[Transaction]) -> Block:
        """A block on top, of some transactions that were dropped and some new ones."""
        rng = self.rng
        count = rng.randint(0, 3)
        transactions = [moved.pop() for _ in range(min(len(moved), rng.randint(0, 2)))]
        transactions += [
            Transaction(rng.randbytes(32), events(rng)) for _ in range(count)
        ]
        block = Block(
            self.chain_id,
            parent.number + 1 if parent else 0,
            rng.randbytes(32),
            parent.block_hash if parent else bytes(32),
            transactions,
        )
        self.blocks[block.block_hash] = block
        return block

    def grow(self, count: int, moved: Sequence[Transaction] = ()) -> None:
        left = list(moved)
        for _ in range(count):
            self.tip = self.mine(self.tip, left)

    def below(self, block: Block, depth: int) -> Block:
        """The ancestor so far below, or the first block."""
        for _ in range(depth):
            block = self.blocks.get(block.parent_hash, block)
        return block

    def branch(self, tip: Block) -> list[Block]:
        """From the first block to this one."""
        found = [tip]
        while found[-1].number:
            found.append(self.blocks[found[-1].parent_hash])
        return found[::-1]

    def change(self) -> None:
        """The chain grows, takes another branch, or gets shorter."""
        rng = self.rng
        depth = min(rng.randint(1, FINAL_DEPTH - 1), self.tip.number - self.floor)
        kind = rng.random()
        if kind < 0.25 and depth > 0:
            dropped = self.branch(self.tip)[-depth:]
            self.tip = self.below(self.tip, depth)
            moved = [t for block in dropped for t in block.transactions]
            self.grow(rng.randint(1, depth + 2), rng.sample(moved, len(moved) // 2))
        elif kind < 0.4 and depth > 0:
            self.tip = self.below(self.tip, min(depth, 3))
        else:
            self.grow(rng.randint(0, 4))
        for name in self.views:
            if rng.random() < (0.8 if name != "second" else 0.4):
                self.views[name] = self.tip
            elif rng.random() < 0.3:
                self.views[name] = self.below(self.tip, rng.randint(1, 3))


@dataclass
class ChainHistories:
    """Makes loads; the same seed makes the same ones."""

    seed: int
    rng: random.Random = field(init=False)
    worlds: list[World] = field(init=False)
    seconds: float = 0
    requests: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.worlds = [World(chain_id, self.rng) for chain_id in CONFIRMATIONS]

    def loads(self, count: int) -> list[Load]:
        """In the order of time; some are another's rows again."""
        made: list[Load] = []
        for _ in range(count):
            if made and self.rng.random() < 0.1:
                made.append(self.rng.choice(made))
            else:
                made.append(self.load())
        return made

    def sent(self, endpoint: str) -> Sent:
        self.requests += 1
        self.seconds += POLL_S
        return Sent(endpoint, self.seconds, f"request {self.requests}")

    def load(self) -> Load:
        """What one load hears of one chain: heads, and blocks of one endpoint."""
        rng, rows = self.rng, Rows()
        world = rng.choice(self.worlds)
        world.change()
        is_headless = rng.random() < 0.15
        names = rng.sample(list(world.views), rng.randint(1, len(world.views)))
        for name in [] if is_headless else names:
            for _ in range(rng.randint(1, 4)):
                self.poll(rows, world, name)
        view = world.branch(world.views[names[0]])
        until = len(view) if rng.random() < 0.7 else rng.randint(1, len(view))
        since = max(0, until - rng.randint(0, 9))
        for block in view[since:until]:
            sent = self.sent(names[0])
            self.read(rows, block, sent)
            if is_headless and block.number == until - 1:
                head(rows, block, "latest", sent)  # the highest that was read
        self.answer(rows, world, since, until)
        return rows.load

    def answer(self, rows: Rows, world: World, since: int, until: int) -> None:
        """What was asked for, some of it in vain; what was refused, or differs."""
        rng, sent = self.rng, self.sent(next(iter(world.views)))
        if rng.random() < 0.8:
            page(rows, max(0, since - rng.randint(0, 4)), until, sent)
        if rng.random() < 0.4:
            refused(rows, world.chain_id, rng.randint(0, world.tip.number), sent)
        if rng.random() < 0.3:
            differing(rows, rng.choice(list(world.blocks.values())), sent)

    def poll(self, rows: Rows, world: World, name: str) -> None:
        """What an endpoint calls latest, from one node or another, and final."""
        view = world.views[name]
        flapped = world.below(view, self.rng.choice((0, 0, 0, 1, 2)))
        head(rows, view if world.chain_id != 1 else flapped, "latest", self.sent(name))
        if self.rng.random() < 0.7:
            final = world.below(view, FINAL_DEPTH)
            world.floor = max(world.floor, final.number)
            head(rows, final, "finalized", self.sent(name))

    def read(self, rows: Rows, block: Block, sent: Sent) -> None:
        """A block, mostly whole and well."""
        rng = self.rng
        kind = rng.random()
        omitted = rng.randrange(len(block.logs)) if block.logs else None
        whole(
            rows,
            block,
            sent,
            level=rng.choice(("standard", "standard", "full")),
            left_out=omitted if kind < 0.05 else None,
            torn=bool(block.logs) and 0.05 < kind < 0.1,
            has_receipts=not 0.1 < kind < 0.13,
        )

    def surviving(self, world: World) -> Load:
        """The chain as it is now, whole, heard of all its endpoints."""
        rows = Rows()
        for name in world.views:
            for _ in range(CONFIRMATIONS[world.chain_id]):
                head(rows, world.tip, "latest", self.sent(name))
            final = world.below(world.tip, FINAL_DEPTH)
            head(rows, final, "finalized", self.sent(name))
        for block in world.branch(world.tip):
            whole(rows, block, self.sent("first"), level="full")
        return rows.load
