"""Which spans one answer of a span feed speaks for: a row of `pages` each."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pipelines.upstream.feed import Span


@dataclass(frozen=True)
class Stamps:
    """The stamps of one answer's rows, inside and outside of what was asked.

    `is_placed` is false when a row was refused whose stamp can not be told.
    """

    kept: Collection[int]
    refused: Collection[int] = ()
    is_placed: bool = True


def spans_answered(
    asked: Span, sent: Stamps, venue_now_ms: int, window: int | None, step: int
) -> list[Span]:
    """The spans that an answer speaks for; a row covers a `step` from its stamp on.

    The first begins where the answer does, empty if that step is not answered for:
    what was asked for before it lies beyond the venue's window.

    A step counts when it has ended by the venue's clock and lies in what the venue's
    `window` of rows let it send. Stamps of refused rows are cut out; where one can not
    be placed, only steps with a good row count.
    """
    end = min(asked[1], venue_now_ms - venue_now_ms % step)
    start = max(asked[0], _window_start(sent, window) or asked[0])
    start = min(start, asked[1])
    kept = set(sent.kept)
    if sent.is_placed:
        refused = sorted(m for m in sent.refused if m not in kept and start <= m < end)
        spans = list(_between(start, end, refused, step))
    else:
        spans = list(_runs(sorted(m for m in kept if start <= m < end), step))
    return spans if spans and spans[0][0] == start else [(start, start), *spans]


def _window_start(sent: Stamps, window: int | None) -> int | None:
    """The first stamp sent by a venue that sent a whole window; None: it did not.

    More than a window shows that none is in force; one more is the forming row.
    """
    if window is None:
        return None
    stamps = {*sent.kept, *sent.refused}
    return min(stamps) if len(stamps) in (window, window + 1) else None


def _between(start: int, end: int, refused: Sequence[int], step: int) -> Iterator[Span]:
    at = start
    for stamp in (*refused, end):
        if stamp > at:
            yield at, stamp
        at = stamp + step


def _runs(stamps: Sequence[int], step: int) -> Iterator[Span]:
    first = last = None
    for stamp in stamps:
        if first is None or last is None or stamp != last + step:
            if first is not None and last is not None:
                yield first, last + step
            first = stamp
        last = stamp
    if first is not None and last is not None:
        yield first, last + step
