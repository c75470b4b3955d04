"""A simulated chain: a block each few seconds by the sandbox's clock.

Block 0 lies a bounded number of blocks behind the sandbox's start, since a block holds
its parent's hash and none can be made before all below it are. They are made in order
when somebody asks, up to the clock's now; of each its `Link` is kept, of the newest
ones asked for the block too: an older block is made again from its parent's link.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import RLock

from pipelines.errors import SetupError
from pipelines.sandbox.chain.blocks import Block
from pipelines.sandbox.chain.encoding import text
from pipelines.sandbox.chain.making import genesis, made
from pipelines.sandbox.chain.reorganising import Fork, Place, fixed, origins
from pipelines.sandbox.chain.sealing import PREFIX_BYTES, Link, Origin
from pipelines.sandbox.chain.spec import ChainSpec
from pipelines.sandbox.chain.world import World
from pipelines.sandbox.clock import Clock

# Blocks behind the head: two epochs of 32 slots until a block is final, one until it is
# justified, as on Ethereum when all is well.
_SAFE, _FINALIZED = 32, 64


class Chain:
    """The tree of one chain's blocks, of which one branch counts."""

    def __init__(self, spec: ChainSpec, seed: int, clock: Clock) -> None:
        self.spec, self._clock, self.lock = spec, clock, RLock()
        self.world = World(seed, spec.chain_id, spec.transactions_per_block)
        now_ms = clock.now_ms()
        start_ms = min(now_ms, now_ms if spec.since_ms is None else spec.since_ms)
        self._slot = start_ms // 1000 // spec.block_s - spec.blocks_behind
        self._kept: OrderedDict[bytes, Block] = OrderedDict()
        link, block = genesis(self.world, self._slot * spec.block_s)
        self._by_hash = {link.hash: link}
        self._canonical = [link]
        self._keep(block)
        self._branch, self._final = 0, 0
        self._planned: list[Fork] = list(spec.forks)
        self.forks: list[dict[str, object]] = []
        """The reorganisations that happened."""

    def head(self) -> int:
        """The number of the newest block; what is due by the clock is made first."""
        with self.lock:
            due = self._clock.now_ms() // 1000 // self.spec.block_s
            while self._slot < due:
                self._slot += 1
                self._grow(Origin(self._slot * self.spec.block_s, self._branch))
                self._fork_if(lambda fork: fork.at == self._canonical[-1].number)
            return self._canonical[-1].number

    def finality(self) -> tuple[int, int]:
        """The numbers of the safe and of the finalized block.

        What was final stays it, unless a reorganisation went below.
        """
        head = self.head()
        final = max(self._final, head - _FINALIZED)
        return max(final, head - _SAFE), final

    def numbered(self, number: int) -> Link | None:
        """The block of a number on the branch that counts."""
        links = self._canonical
        return links[number] if 0 <= number < len(links) else None

    def hashed(self, block_hash: bytes) -> Link | None:
        """The block of a hash, on whatever branch."""
        return self._by_hash.get(block_hash)

    def block(self, link: Link) -> Block:
        """The block itself, which may have to be made again."""
        with self.lock:
            block = self._kept.get(link.hash)
            if block is None:
                parent = self._by_hash.get(link.parent_hash)
                if parent is None:
                    _, block = genesis(self.world, link.origin.timestamp)
                else:
                    _, block = made(self.world, parent, link.origin)
            self._keep(block)
            return block

    def place_of(self, transaction_hash: bytes) -> tuple[Link, int] | None:
        """Where a transaction is on the branch that counts: its block and index."""
        prefix = transaction_hash[:PREFIX_BYTES]
        for link in reversed(self._canonical):
            if prefix in link.prefixes:
                for index, one in enumerate(self.block(link).transactions):
                    if one.hash == transaction_hash:
                        return link, index
        return None

    def plan(self, fork: Fork) -> None:
        """Reorganises now, or when what the fork waits for is there.

        Raises:
            SetupError: the chain is not that deep.
        """
        with self.lock:
            head = self.head()
            if fork.after or fork.at > head:
                self._planned.append(fork)
            elif fork.at:
                raise SetupError(f"the head is at {head}, beyond {fork.at}")
            else:
                self._fork(fork)

    def answered(self, method: str) -> None:
        """A call of the method was answered: what waits for that happens."""
        with self.lock:
            self._fork_if(lambda fork: fork.after == method)

    def _fork_if(self, is_due: Callable[[Fork], bool]) -> None:
        due = [fork for fork in self._planned if is_due(fork)]
        self._planned = [fork for fork in self._planned if fork not in due]
        for fork in due:
            self._fork(fork)

    def _fork(self, fork: Fork) -> None:
        """Puts other blocks in the place of the newest ones."""
        head = self._canonical[-1]
        if fork.depth > head.number:
            raise SetupError(f"the head is at {head.number}, not {fork.depth} deep")
        ancestor = self._canonical[-fork.depth - 1]
        newest = self._slot * self.spec.block_s
        new = list(origins(fork, ancestor, self._branch + 1, newest))
        old = [(one, self.block(one)) for one in self._canonical[-fork.depth :]]
        final = max(self._final, head.number - _FINALIZED)
        self._branch, self._final = self._branch + 1, min(final, ancestor.number)
        done: set[Place] = set()
        del self._canonical[-fork.depth :]
        for place, origin in enumerate(new):
            if place < len(old):
                parent = self._canonical[-1]
                self._grow(fixed(self.world, parent, origin, old[place], done))
            else:
                self._grow(origin)
        self._note(ancestor, [link for link, _ in old])

    def _grow(self, origin: Origin) -> None:
        link, block = made(self.world, self._canonical[-1], origin)
        self._canonical.append(link)
        self._by_hash[link.hash] = link
        self._keep(block)

    def _note(self, ancestor: Link, old: Sequence[Link]) -> None:
        """What happened, as the door says it; and the old branch may be forgotten."""
        new = self._canonical[ancestor.number + 1 :]
        self.forks.append(
            {
                "chain": self.spec.name,
                "ancestor": ancestor.number,
                "old": [text(one.hash) for one in old],
                "new": [text(one.hash) for one in new],
            }
        )
        for one in old if self.spec.forgets else ():
            self._by_hash.pop(one.hash)
            self._kept.pop(one.hash, None)

    def _keep(self, block: Block) -> None:
        self._kept[block.hash] = block
        self._kept.move_to_end(block.hash)
        if len(self._kept) > self.spec.kept_blocks:
            self._kept.popitem(last=False)
