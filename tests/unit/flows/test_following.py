"""What fails is said and tried again, later each time; what works builds at once."""

from collections.abc import Callable, Iterable
from threading import Event

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.errors import BadDataError, UpstreamError
from prefect_flows import following
from prefect_flows.dbt_run import TransformFacts

NOTHING = TransformFacts(0, {}, 0.1)
BUILT = TransformFacts(3, {"success": 3}, 1.5)


class Stop(Event):
    """An event that is set once there is nothing left to come."""

    def __init__(self, is_over: Callable[[], bool]) -> None:
        super().__init__()
        self.pauses: list[float | None] = []
        self._is_over = is_over

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        return self._is_over()


def followed(monkeypatch, outcomes: Iterable[TransformFacts | Exception]):
    """The pauses before each look, what was built, and what was said."""
    left = list(outcomes)

    def run_dbt(*_, **__):
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(following, "run_dbt", run_dbt)
    stop = Stop(lambda: not left)
    built: list[TransformFacts] = []
    said: list[str] = []
    following.follow(stop, "none", built.append, said.append)
    return stop.pauses, built, said


def test_only_what_was_built_is_told(monkeypatch):
    pauses, built, said = followed(monkeypatch, [NOTHING, BUILT, NOTHING])
    assert built == [BUILT]
    assert said == []
    assert pauses == [0, *[following.LOOK_S] * 3]


def test_what_fails_is_said_and_tried_again_after_a_pause_that_grows(monkeypatch):
    away = UpstreamError("the warehouse did not answer")
    wrong = BadDataError("dbt: 1 of 9 nodes failed")
    pauses, built, said = followed(monkeypatch, [away, wrong, BUILT, away])
    assert pauses == [0, 5, 10, following.LOOK_S, 5]
    assert built == [BUILT]
    assert said == [
        "the warehouse did not answer; tried again in 5 s",
        "dbt: 1 of 9 nodes failed; tried again in 10 s",
        "the warehouse did not answer; tried again in 5 s",
    ]


@pytest.mark.parametrize("option", [["--select", "fct_candles"], ["--full-refresh"]])
def test_what_is_followed_is_everything_that_waits(option):
    told = CliRunner().invoke(app, ["transform", "--follow", *option])
    assert told.exit_code == 78
    assert told.output == (
        "bullion: --follow: builds what waits, without another option of what\n"
    )
