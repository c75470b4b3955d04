"""The window behind the head: blocks there that gave way to others are read again.

A hash stands for all blocks below it. So the links are followed from the newest block
that was answered for down to the end of the window, and what is not held of them is
read: nothing costs a call where nothing moved.
"""

from dataclasses import dataclass

from pipelines.config.model import Thresholds
from pipelines.errors import BadDataError
from pipelines.sources.evm_node.block_taker import BlockTaker
from pipelines.sources.evm_node.chain_head import hash_of
from pipelines.sources.evm_node.heads import Heads
from pipelines.sources.evm_node.tables import Head
from pipelines.upstream.extents import within, without
from pipelines.upstream.feed import Span
from pipelines.upstream.pages import EVERY_HOLE, Pages
from pipelines.upstream.request_log import RequestLog

ROUNDS = 3  # a chain may move while its window is read


@dataclass(frozen=True)
class ReorgWindow:
    """Looks through the window of one load."""

    taker: BlockTaker
    pages: Pages
    thresholds: Thresholds

    def read(self, heads: Heads, now_ms: int) -> None:
        """Read what of the window is of a branch that is not held.

        Raises:
            BadDataError: more than the window gave way.
        """
        head = heads.latest
        if head is None:
            return
        lowest = max(0, head.block_number - self.thresholds.reorg_window_blocks)
        own = [(number, number + 1) for number in self.taker.done]
        window = (lowest, head.block_number + 1)
        answered = within([*self._answered(window), *own], window)
        top_hash = self._top_hash(answered[-1][1] - 1, head) if answered else None
        for _ in range(ROUNDS):
            if not answered or self._is_linked(answered[-1], top_hash, now_ms):
                return
            top_hash = self._hash_now(answered[-1][1] - 1)

    def _answered(self, span: Span) -> list[Span]:
        """The parts of a span that loads before were answered for."""
        gaps = self.pages.missing(span, refused=EVERY_HOLE)
        return without(span, [(gap.start, gap.end) for gap in gaps])

    def _top_hash(self, top: int, head: Head) -> bytes | None:
        """The hash of the newest block that was answered for, as it was told last."""
        own = self.taker.links.hash_of(top)
        if own is None and top == head.block_number:
            return head.block_hash
        return own or self._hash_now(top)

    def _is_linked(self, answered: Span, top_hash: bytes | None, now_ms: int) -> bool:
        """Whether all blocks of the span are held, linked; reads those that are not.

        False: the chain moved meanwhile.
        """
        lowest, top = answered[0], answered[1] - 1
        place = (top, top_hash) if top_hash else None
        while place is not None:
            missing = self.taker.links.missing_below(*place, lowest)
            if missing is None:
                return True
            number, expected = missing
            place = self._reread(number, now_ms)
            if place is not None and place[1] != expected:
                return False
            if number == lowest:
                self._check_end(lowest)
        return True

    def _hash_now(self, number: int) -> bytes | None:
        """The hash of a number, as an endpoint has it now; None: none answers."""
        log: RequestLog = []
        found = hash_of(self.taker.fetcher.clients, number, log)
        self.taker.buffer.add_log(log)
        return found

    def _reread(self, number: int, now_ms: int) -> tuple[int, bytes] | None:
        """Read a block again; None: it can not be had."""
        span = (number, number + 1)
        self.taker.take(span, self.taker.fetcher.fetch([number]), now_ms)
        block_hash = self.taker.links.hash_of(number)
        return None if block_hash is None else (number, block_hash)

    def _check_end(self, lowest: int) -> None:
        """The lowest block of the window gave way: is its parent held?"""
        links = self.taker.links
        block_hash = links.hash_of(lowest)
        parent = links.parent_of(block_hash) if block_hash else None
        is_answered = bool(self._answered((lowest - 1, lowest)))
        if parent is not None and is_answered and not links.is_known(parent):
            raise BadDataError(
                f"the chain gave way below block {lowest}, deeper than"
                f" reorg_window_blocks ({self.thresholds.reorg_window_blocks})"
            )
