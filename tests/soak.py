"""How much of what chance decides a run covers: a handful, or all of it in a soak.

`make soak` sets `BULLION_SOAK`. A handful is another one in each run, and spread: over
the time in which something is killed, and over the cases that there are.
"""

import os
import random
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TypeVar

Case = TypeVar("Case")

IS_SOAK = os.environ.get("BULLION_SOAK") == "1"  # noqa: TID251


def times(full: int, handful: int) -> int:
    """How often to repeat: `full` in a soak."""
    return full if IS_SOAK else handful


def seeds(name: str, number: int) -> list[int]:
    """`number` seeds for the tests called `name`, the same in all workers of a run."""
    source = _source(name)
    return [source.getrandbits(32) for _ in range(number)]


def some(name: str, cases: Sequence[Case], handful: int) -> list[Case]:
    """`handful` of the cases, the same in all workers of a run; each one in a soak."""
    if IS_SOAK:
        return list(cases)
    return _source(name).sample(list(cases), handful)


def moments(chance: random.Random, until_s: float, parts: int) -> Iterator[float]:
    """Seconds before a kill, without end: first one in each part of the span."""
    while True:
        for part in chance.sample(range(parts), parts):
            yield (part + chance.random()) * until_s / parts


def ordinals(chance: random.Random, stride: int) -> Iterator[int]:
    """Numbers from 1 on, without end: all in a soak, else one in `stride` or so."""
    if IS_SOAK:
        yield from count(1)
    number = chance.randint(1, stride)
    while True:
        yield number
        number += chance.randint(1, 2 * stride - 1)


def _source(name: str) -> random.Random:
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")  # noqa: TID251
    return random.Random(f"{run} {name}") if run else random.SystemRandom()
