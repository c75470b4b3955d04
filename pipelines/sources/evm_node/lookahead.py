"""Groups of blocks fetched side by side and given in their order."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from pipelines.sources.evm_node.fetching import BlockFetcher, Fetched
from pipelines.sources.evm_node.node_connection import REQUESTS_AT_ONCE
from pipelines.upstream.feed import Span


class Lookahead:
    """Fetches spans of blocks in groups of the size that the endpoint bears."""

    def __init__(self, fetcher: BlockFetcher) -> None:
        self._fetcher = fetcher

    def groups(self, spans: Sequence[Span]) -> Iterator[tuple[Span, Fetched]]:
        """Each group and what was fetched of it, in order.

        As many are under way as the first endpoint bears; one more waits to be read.

        Raises:
            EndedError: the end was asked for while it waited.
        """
        first = self._fetcher.readers[0]
        to_ask = _cut(spans, lambda: first.size)
        with _workers() as workers:
            under_way: deque[tuple[Span, Future[Fetched]]] = deque()
            while True:
                while len(under_way) <= first.client.requests_at_once:
                    span = next(to_ask, None)
                    if span is None:
                        break
                    fetched = workers.submit(self._fetcher.fetch, range(*span))
                    under_way.append((span, fetched))
                if not under_way:
                    return
                span, result = under_way.popleft()
                yield span, result.result()


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """Threads; what they have not begun when the block ends is not begun."""
    workers = ThreadPoolExecutor(REQUESTS_AT_ONCE + 1, "fetch")
    try:
        yield workers
    finally:
        workers.shutdown(wait=True, cancel_futures=True)


def _cut(spans: Sequence[Span], size: Callable[[], int]) -> Iterator[Span]:
    for start, end in spans:
        at = start
        while at < end:
            turn = min(at + size(), end)
            yield at, turn
            at = turn
