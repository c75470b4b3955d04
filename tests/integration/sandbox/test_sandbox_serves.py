"""The server itself: dates, clock, limits, faults, and how it starts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from pipelines.errors import SetupError
from pipelines.sandbox.running import Running, running
from pipelines.sandbox.serving import set_clock
from pipelines.sandbox.upstreams import venue_lines
from pipelines.settings import PROJECT_DIR, child_environment

NOW = "2023-03-01T12:00:30Z"
KLINES = "/api/v3/klines?symbol=BTCUSDT&interval=1m"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as held:
        held.trust_env = False
        yield held


@pytest.fixture(scope="module")
def frozen() -> Iterator[Running]:
    with running(now=NOW, frozen=True, in_thread=True, rate_limit=False) as started:
        yield started


@pytest.fixture
def sandbox(frozen: Running) -> Iterator[Running]:
    frozen.clear_faults()
    frozen.clear_counts()
    yield frozen
    frozen.clear_faults()


def test_every_answer_is_dated_by_the_virtual_clock(
    sandbox: Running, session: requests.Session
) -> None:
    for exchange_id in ("binance", "binance_us", "kraken", "coinbase"):
        answer = session.get(sandbox.venue_url(exchange_id) + "/nowhere")
        assert answer.status_code == 404
        assert parsedate_to_datetime(answer.headers["Date"]).isoformat() == (
            "2023-03-01T12:00:30+00:00"
        )
        assert answer.raw.headers.getlist("Date") == [answer.headers["Date"]]


def test_the_clock_moves_forward_only_and_what_was_forming_ends_final(
    session: requests.Session,
) -> None:
    with running(now=NOW, frozen=True, in_thread=True) as started:
        url = started.venue_url("binance") + KLINES + "&limit=1"
        forming = session.get(url).json()[0]
        assert started.set_clock("2023-03-01T12:01:00Z") == "2023-03-01T12:01:00.000Z"
        since = forming[0]
        final = session.get(f"{url}&startTime={since}").json()[0]
        assert final[0] == since
        assert final[8] >= forming[8]
        assert float(final[5]) >= float(forming[5])
        with pytest.raises(SetupError, match="only goes forward"):
            started.set_clock("2023-03-01T12:00:59Z")


def test_a_running_clock_runs_on(session: requests.Session) -> None:
    with running(now=NOW, in_thread=True) as started:
        first = started.now_ms()
        time.sleep(0.05)
        assert 50 <= started.now_ms() - first < 10_000


def until(status: int, session: requests.Session, url: str) -> list[requests.Response]:
    """The answers up to the first with this status; a limit counts in real time."""
    answers = [session.get(url)]
    while answers[-1].status_code != status:
        assert len(answers) < 500
        answers.append(session.get(url))
    return answers


def test_the_limit_counts_weight_in_real_time(session: requests.Session) -> None:
    with running(now=NOW, frozen=True, in_thread=True) as started:
        url = started.venue_url("binance") + "/api/v3/ticker/24hr"
        *good, refused = until(429, session, url)
        assert {answer.status_code for answer in good} == {200}
        assert int(good[-1].headers["X-MBX-USED-WEIGHT-1M"]) <= 6000
        assert refused.json()["code"] == -1003
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        *others, banned = until(418, session, url)
        assert {answer.status_code for answer in others} <= {200, 429}
        assert int(banned.headers["Retry-After"]) > 60
        assert started.requests_count("kraken", 429) == 0


@pytest.mark.parametrize(
    ("exchange_id", "path", "burst", "body"),
    [
        ("kraken", "/0/public/Time", 3, {"error": ["EGeneral:Too many requests"]}),
        ("coinbase", "/time", 15, {"message": "Public rate limit exceeded"}),
    ],
)
def test_a_burst_is_refused_and_a_pause_helps(
    session: requests.Session, exchange_id: str, path: str, burst: int, body: object
) -> None:
    with running(now=NOW, in_thread=True) as started:
        url = started.venue_url(exchange_id) + path
        *good, refused = until(429, session, url)
        assert len(good) >= burst
        assert {answer.status_code for answer in good} == {200}
        assert refused.json() == body
        time.sleep(int(refused.headers["Retry-After"]))
        assert session.get(url).status_code == 200


def test_the_next_requests_fail_as_they_were_told_to(
    sandbox: Running, session: requests.Session
) -> None:
    url = sandbox.venue_url("binance") + KLINES
    whole = session.get(url)
    sandbox.inject("too_many", next_requests=1, retry_after_s=7, path="klines")
    answer = session.get(url)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    sandbox.inject("too_many", next_requests=1, variant="bare")
    answer = session.get(url)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, False)
    sandbox.inject("slow", next_requests=1, seconds=0.2)
    started = time.monotonic()
    assert session.get(url).content == whole.content
    assert time.monotonic() - started >= 0.2
    sandbox.inject("server_error", next_requests=1, status=502)
    answer = session.get(url)
    assert (answer.status_code, answer.text[:6]) == (502, "<html>")
    sandbox.inject("truncated", next_requests=1)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        session.get(url).json()
    sandbox.inject("disconnect", next_requests=1)
    with pytest.raises(requests.exceptions.RequestException):
        session.get(url)
    sandbox.inject("timeout", next_requests=1, seconds=0.5)
    with pytest.raises(requests.exceptions.RequestException):
        session.get(url, timeout=0.2)
    sandbox.inject("duplicate", next_requests=1)
    assert len(session.get(url).json()) > 500
    sandbox.inject("out_of_order", next_requests=1)
    shuffled = session.get(url).json()
    assert shuffled != whole.json()
    assert sorted(shuffled) == whole.json()
    sandbox.inject("missing", probability=0.3)
    assert len(session.get(url).json()) < 450
    sandbox.clear_faults()
    assert session.get(url).content == whole.content
    assert sandbox.requests_count("binance", 429) == 2


def test_a_flag_turns_a_fault_on(session: requests.Session) -> None:
    with running(now=NOW, faults=["server_error=1@klines"]) as started:
        url = started.venue_url("binance")
        assert session.get(url + KLINES).status_code == 503
        assert session.get(url + "/api/v3/time").status_code == 200


def test_an_unknown_fault_is_refused(sandbox: Running) -> None:
    with pytest.raises(SetupError, match="no fault is called"):
        sandbox.inject("gremlin")


def test_the_same_seed_serves_the_same_bytes(session: requests.Session) -> None:
    bodies = []
    for _ in range(2):
        with running(now=NOW, frozen=True, seed=5) as started:
            bodies.append(session.get(started.venue_url("binance") + KLINES).content)
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--full-history"], "--full-history is for recordings"),
        (["--now", "noon"], "expected an ISO instant"),
        (["--recordings", "/nowhere"], "expected a directory of recordings"),
        (["--fault", "gremlin=1"], "no fault is called 'gremlin'"),
    ],
)
def test_a_wrong_flag_ends_with_a_sentence(flags: list[str], complaint: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.sandbox", "serve", *flags],
        capture_output=True,
        text=True,
        env=child_environment({"PYTHONPATH": str(PROJECT_DIR)}),
        check=False,
    )
    assert done.returncode == 78
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_named(sandbox: Running) -> None:
    port = int(sandbox.url.rsplit(":", 1)[1])
    with pytest.raises(SetupError, match=f"port {port}"), running(port=port):
        pass


def test_serve_says_where_it_is_and_clock_finds_it(tmp_path: Path) -> None:
    environment = child_environment(
        {"PYTHONPATH": str(PROJECT_DIR), "BULLION_DATA_DIR": str(tmp_path)}
    )
    command = [sys.executable, "-m", "pipelines.sandbox"]
    process = subprocess.Popen(
        [*command, "serve", "--now", NOW, "--frozen"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in venue_lines("")]
        url = lines[0].partition("=")[2].removesuffix("/binance")
        assert lines == venue_lines(url)
        moved = subprocess.run(
            [*command, "clock", "2023-03-01T13:00:00Z"],
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        assert moved.stdout == "2023-03-01T13:00:00.000Z\n"
        back = subprocess.run(
            [*command, "clock", NOW],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        assert back.returncode == 78
        assert "only goes forward" in back.stderr
        assert set_clock("2023-03-01T13:00:00Z", url)
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=120)
    assert not (tmp_path / "sandbox" / "state.json").exists()
    with pytest.raises(SetupError, match="no sandbox answers"):
        set_clock("2023-03-01T13:00:00Z", url)
