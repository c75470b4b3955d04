"""The market's marts on one size of history, in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipelines import warehouse
from tests.bench import history
from tests.bench.child import Facts, answer
from tests.bench.prices import KEPT
from tests.bench.transform_child import Dbt, probe_s

MARKET = ("run", "--select", "stg_exchange__ohlcv+", "stg_exchange__ohlcv_pages+")
FORTY_DAYS = 40 * 1440
ENDED = " + ".join(f"(select count(*) from history.{name})" for name in KEPT)


def measure(asked: Facts) -> Facts:
    """New hours and corrected minutes, by turns with a history and without.

    Of each: seconds in all and of the models with a history, and the rows these ended.
    """
    history.begin()
    dbt = Dbt(asked["target"])
    dbt.run("parse")
    minutes = asked["minutes"]
    history.grow(0, minutes)
    dbt.run("seed")
    full = dbt.run("run", "--full-refresh")
    back = max(0, minutes - FORTY_DAYS)
    found: Facts = {"full": full, "hour": [], "corrected": []}
    for turn in range(2 * asked["repeats"]):
        with histories(is_kept=turn % 2 == 0):
            history.grow(minutes - history.REREAD, minutes + 60)
            minutes += 60
            found["hour"].append(_work(dbt, turn))
            history.grow(back, back + 1, shift=turn + 1, clock=minutes + 1)
            found["corrected"].append(_work(dbt, turn))
    return found


@contextmanager
def histories(*, is_kept: bool) -> Iterator[None]:
    """Whether what runs end goes to the histories, until the block ends."""
    if is_kept:
        yield
        return
    _switch("disable")
    try:
        yield
    finally:
        _switch("enable")


def _switch(word: str) -> None:
    with warehouse.connect("transformer", "bench") as connection:
        for name in KEPT:
            connection.execute(f"alter table gold.{name} {word} trigger user".encode())


def _work(dbt: Dbt, turn: int) -> Facts:
    before, probe = _ended(), probe_s()
    took = dbt.run(*MARKET)
    return {
        "is_kept": turn % 2 == 0,
        "probe_s": probe,
        "whole_s": took["whole_s"],
        "model_s": took["model_s"],
        **{name: took["models"][name] for name in KEPT},
        "ended": _ended() - before,
    }


def _ended() -> int:
    with warehouse.connect("transformer", "bench") as connection:
        row = connection.execute(f"select {ENDED}".encode()).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    answer(measure)
