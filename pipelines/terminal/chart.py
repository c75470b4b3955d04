"""Charts in a terminal: columns of blocks, or of signs where there are no blocks.

No colour and no control sequence; a chart is as wide as its columns and labels.
"""

from collections.abc import Iterator, Sequence

LABEL = 12  # characters before a row of columns, with the space after them
BLOCKS, SIGNS = " ▁▂▃▄▅▆▇█", " .:|"  # a cell from empty to full


def cells(encoding: str) -> str:
    """What a cell is drawn with on a terminal of this encoding."""
    try:
        BLOCKS.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return SIGNS
    return BLOCKS


def columns(
    values: Sequence[float | None], height: int, drawn: str = BLOCKS
) -> Iterator[str]:
    """Rows of text, top first: a column a value, its range beside the first and last.

    The least value is one step high, so that it is told from None, which is empty.
    """
    held = [value for value in values if value is not None]
    if not held:
        yield f"{'none known':<{LABEL}}"
        return
    low, high = min(held), max(held)
    steps = height * (len(drawn) - 1)
    heights = [
        0
        if value is None
        else 1 + round((value - low) / (high - low or 1) * (steps - 1))
        for value in values
    ]
    for row in reversed(range(height)):
        label = {0: _short(low), height - 1: _short(high)}.get(row, "")
        below = row * (len(drawn) - 1)
        line = "".join(drawn[max(0, min(h - below, len(drawn) - 1))] for h in heights)
        yield f"{label:>{LABEL - 1}} {line}".rstrip()


def _short(value: float) -> str:
    return f"{value:,.2f}" if abs(value) >= 1 or not value else f"{value:.3g}"
