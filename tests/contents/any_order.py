"""Loads in any order: what is built is what they say, and a full refresh's."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories.candle_histories import Load

Held = TypeVar("Held")
Run = tuple[str, ...]


def check_any_order(
    seed: int,
    loads: Sequence[Load],
    runs: Sequence[Run],
    held: Callable[[], Held],
    told: Callable[[], Held],
    *,
    beside: Callable[[random.Random], None] = lambda _: None,
    also: Callable[[], object] = lambda: None,
) -> None:
    """Deliver the loads shuffled, some of `runs` between them, and all of the first.

    What is `held` then is what an oracle has `told`; a full refresh leaves it as it is,
    and what is held `also`. `beside` happens with each load.
    """
    print(f"seed {seed}")
    rng, transform, whole = random.Random(seed), Transform(), runs[0]
    for load in rng.sample(loads, len(loads)):
        deliver(load)
        beside(rng)
        if rng.random() < 0.6:
            transform.rerun(*rng.choice(runs))
    transform.rerun(*whole)
    found, others = held(), also()
    assert found == told()
    transform.run(*whole, "--full-refresh")
    assert (held(), also()) == (found, others)
