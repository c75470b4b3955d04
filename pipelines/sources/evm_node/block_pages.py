"""The pages of a load of blocks: which numbers answers speak for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipelines.sources.evm_node.bronze_rows import Provenance
from pipelines.upstream.feed import Key, Span


@dataclass(frozen=True)
class Page:
    """Blocks that were asked for together.

    Attributes:
        done: the numbers that need not be asked for again.
    """

    asked: Span
    done: Sequence[int]
    sent: Provenance
    now_ms: int

    @property
    def spans(self) -> list[Span]:
        """What is answered for; the first begins where the page does, empty maybe."""
        runs = [
            (places[0], places[-1] + 1)
            for places in map(list, _runs(sorted(self.done)))
        ]
        start = self.asked[0]
        return runs if runs and runs[0][0] == start else [(start, start), *runs]

    def rows(self, key: Key) -> Sequence[Mapping[str, object]]:
        """As `pages` has them: a row for each span."""
        received_at, _, origin, request_id = self.sent
        return [
            {
                **key._asdict(),
                "asked_from": self.asked[0],
                "asked_until": self.asked[1],
                "answered_from": start,
                "answered_until": end,
                "rows_count": end - start,
                "upstream_now_ms": self.now_ms,
                "request_id": request_id,
                "origin": origin,
                "received_at": received_at,
            }
            for start, end in self.spans
        ]


def _runs(numbers: Sequence[int]) -> Iterator[Iterator[int]]:
    """Numbers that follow each other."""
    placed = enumerate(numbers)
    for _, run in groupby(placed, key=lambda pair: pair[1] - pair[0]):
        yield (number for _, number in run)
