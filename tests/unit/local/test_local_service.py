"""The shape of a local service: the order of its steps, and what a failure says."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines.errors import SetupError
from pipelines.local.service import Service, bring_up, set_aside, tail, take_down


@dataclass
class Broker:
    """A service as Kafka would be one: it needs a while, or ends, or never answers."""

    log: Path
    looks_until_ready: int = 2
    ends: bool = False
    name: str = "broker"
    address: str | None = "127.0.0.1:9092"
    ready_timeout_s: float = 25
    steps: list[str] = field(default_factory=list)
    alive: bool = False
    unseen: int = 0
    lives: int = 10**9

    def fetch(self, say):
        self.steps.append("fetch")

    def verify(self):
        self.steps.append("verify")

    def configure(self, say):
        self.steps.append("configure")

    def start(self, say):
        self.steps.append("start")
        self.alive = not self.ends

    def resume(self, say):
        self.steps.append("resume")

    def running(self):
        self.unseen -= 1
        self.lives -= 1
        if self.lives == 0:
            self.alive = False
        return self.alive and self.unseen < 0

    def ready(self):
        self.looks_until_ready -= 1
        return self.alive and self.looks_until_ready < 0

    def stop(self, say):
        self.steps.append("stop")
        self.alive = False

    def delete(self, say):
        self.steps.append("delete")


@pytest.fixture
def broker(tmp_path) -> Broker:
    log = tmp_path / "broker.log"
    log.write_text("".join(f"line {n}\n" for n in range(40)) + "no memory left\n")
    return Broker(log)


def test_a_stopped_service_goes_through_every_step_and_is_waited_for(broker):
    service: Service = broker
    status = bring_up(service)
    assert broker.steps == ["fetch", "verify", "configure", "start"]
    assert (status.is_running, status.is_ready) == (True, True)


def test_a_running_service_is_left_alone(broker):
    bring_up(broker)
    bring_up(broker)
    assert broker.steps.count("start") == 1
    assert broker.steps[-1] == "resume"


def test_a_service_that_ends_quotes_its_log(broker):
    broker.ends = True
    broker.ready_timeout_s = 0.3
    with pytest.raises(SetupError, match=r"broker ended.*\n(.*\n)+no memory left"):
        bring_up(broker)


def test_a_service_on_its_way_out_is_started_again(broker):
    broker.alive = True
    broker.lives = 3
    broker.ready_timeout_s = 5
    broker.looks_until_ready = 6
    assert bring_up(broker).is_ready
    assert broker.steps == ["resume", "fetch", "verify", "configure", "start"]


def test_a_service_that_one_look_misses_has_not_ended(broker):
    broker.unseen = 2
    broker.looks_until_ready = 3
    broker.ready_timeout_s = 5
    assert bring_up(broker).is_ready


def test_a_service_that_never_answers_quotes_its_log(broker):
    broker.looks_until_ready = 10**9
    broker.ready_timeout_s = 0.3
    with pytest.raises(SetupError, match=r"silent after 0\.3 s.*\n(.*\n)+no memory"):
        bring_up(broker)


def test_a_long_wait_is_said(broker, monkeypatch):
    monkeypatch.setattr("pipelines.local.service.WAITED_S", 0.05)
    broker.looks_until_ready = 3
    said: list[str] = []
    bring_up(broker, said.append)
    waits = [line for line in said if "is not ready after" in line]
    assert waits
    assert all(str(broker.log) in line for line in waits)


def test_a_short_wait_is_not(broker):
    said: list[str] = []
    bring_up(broker, said.append)
    assert said == ["starting broker", "broker is ready at 127.0.0.1:9092"]


def test_stopping_what_does_not_run_does_nothing(broker):
    assert take_down(broker).is_running is False
    assert broker.steps == []


def test_a_tail_is_the_end_of_a_log_and_empty_without_one(broker, tmp_path):
    assert tail(broker.log, 2) == "line 39\nno memory left"
    assert tail(tmp_path / "none.log") == ""


def test_the_log_of_the_run_before_is_kept(broker, tmp_path):
    set_aside(broker.log)
    assert not broker.log.exists()
    assert "no memory" in (tmp_path / "broker.log.1").read_text()
    set_aside(broker.log)
    assert (tmp_path / "broker.log.1").exists()
