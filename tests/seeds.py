"""Seeds of parametrized tests: others in each run, and the same in all its workers."""

import os
import random


def seeds(name, count):
    """`count` seeds for the tests called `name`."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")  # noqa: TID251
    source = random.Random(f"{run} {name}") if run else random.SystemRandom()
    return [source.getrandbits(32) for _ in range(count)]
