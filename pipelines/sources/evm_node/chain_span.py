"""Which blocks a load asks for: a named span, or what is new."""

from dataclasses import dataclass
from math import ceil

from pipelines.config.model import ChainChoice, Since
from pipelines.errors import UpstreamError
from pipelines.sources.evm_node.held_blocks import HeldBlocks
from pipelines.upstream.extents import within
from pipelines.upstream.feed import LEAST_LIVE, Span
from pipelines.upstream.pages import EVERY_HOLE, Pages

WEEK_S = 7 * 86_400.0  # a longer gap is history, which is backfilled in chunks


@dataclass(frozen=True)
class Wanted:
    """What is asked of a load of blocks.

    Attributes:
        first: where it begins; half-open with `end`.
        end: None: up to the head.
        is_live: without pages the newest blocks alone.
        is_history: live loads look at the head, and at what gave way behind it.
    """

    first: int | None = None
    end: int | None = None
    is_live: bool = False
    is_history: bool = False

    @property
    def is_named(self) -> bool:
        """Whether a span was named; else it is what is new."""
        return self.first is not None or self.end is not None

    def spans(
        self,
        chain: ChainChoice,
        head: int | None,
        pages: Pages,
        held: HeldBlocks,
        holes: int,
    ) -> list[Span]:
        """The spans to ask for, in order; `head` is the newest block's number.

        Of a named span the blocks that no reading proved, too.

        Raises:
            UpstreamError: it ends with the head, which no endpoint tells; or it
                begins beyond the head.
        """
        if self.is_named:
            span = self._named(chain, head)
            gaps = [(g.start, g.end) for g in pages.missing(span, refused=EVERY_HOLE)]
            again = [(number, number + 1) for number in held.unproved(span)]
            return within([*gaps, *again], span)
        if head is None:
            raise UpstreamError(f"no endpoint of {chain.chain} tells its newest block")
        start = self._start(chain, head, pages.answered_until())
        gaps_left = pages.missing((start, head + 1), refused=holes)
        return [(gap.start, gap.end) for gap in gaps_left]

    def _named(self, chain: ChainChoice, head: int | None) -> Span:
        if head is None and self.end is None:
            raise UpstreamError("no endpoint tells the newest block: name the end")
        if head is not None and self.first is not None and self.first > head:
            raise UpstreamError(
                f"block {self.first} is not there yet: the newest of {chain.chain} is "
                f"{head}"
            )
        ends = [
            end
            for end in (self.end, None if head is None else head + 1)
            if end is not None
        ]
        return self.first or 0, max(self.first or 0, min(ends))

    def _start(self, chain: ChainChoice, head: int, answered: int | None) -> int:
        """Where what is new begins."""
        start = Since(number=chain.since_block).from_number(head + 1)
        if self.is_live:
            newest = ceil(LEAST_LIVE.total_seconds() / chain.block_time_s)
            start = max(start, head + 1 - newest)
        if answered is None or head - answered > WEEK_S / chain.block_time_s:
            return start
        return min(start, answered)
