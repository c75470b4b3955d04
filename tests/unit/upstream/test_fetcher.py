"""What an upstream asks for is waited out once, and every request is logged."""

from datetime import UTC, datetime

import pytest

from pipelines.config.listener import StaticConfig
from pipelines.config.model import Configuration, Thresholds
from pipelines.errors import BadDataError, UpstreamError
from pipelines.upstream.budget import Limit, Unlimited
from pipelines.upstream.checked_session import CheckedSession
from pipelines.upstream.fetcher import Answer, Fetcher, Request
from pipelines.upstream.request_log import RequestLog
from tests.fakes.venue_server import Reply, venue_server

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LIMITS = {"minute": Limit(30, 60, 10), "month": Limit(10_000, 2_592_000, 300)}
RESET = str(int(NOW.timestamp()) + 90)


class StandingClock:
    def now(self):
        return NOW

    def monotonic(self):
        return 0.0

    def sleep(self, seconds):
        pass


class NotedBudget(Unlimited):
    def __init__(self):
        self.noted = []

    def acquire(self, **weights):
        self.noted.append(("acquire", weights))

    def pause(self, seconds, reason):
        self.noted.append(("pause", seconds, reason))

    def failed(self, reason):
        self.noted.append(("failed", reason))


def fetched(*replies):
    """The answer, or its error; what the budget was told, and the log."""
    left, budget = list(replies), NotedBudget()
    log: RequestLog = []
    answer: Answer | UpstreamError
    config = StaticConfig(Configuration({}, (), Thresholds(attempts=4)))
    with venue_server(lambda *_: left.pop(0)) as server:
        session = CheckedSession([server.url])
        fetcher = Fetcher(
            "github", session, budget, LIMITS, config=config, clock=StandingClock()
        )
        try:
            answer = fetcher.fetch(Request(server.url, "commits", "a/b"), log)
        except UpstreamError as error:
            answer = error
    told = [note for note in budget.noted if note[0] != "acquire"]
    assert len(budget.noted) - len(told) == len(log)
    return answer, told, log


@pytest.mark.parametrize(
    ("refusal", "seconds"),
    [
        (Reply("", 429, {"Retry-After": "7"}), 7),
        (Reply("", 429), 60),
        (Reply("", 503, {"Retry-After": "1"}), 1),
        (
            Reply("", 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": RESET}),
            90,
        ),
        (
            Reply("", 429, {"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "41"}),
            41,
        ),
        (Reply('{"message": "You have exceeded a secondary rate limit"}', 403), 60),
    ],
)
def test_a_spent_limit_pauses_everybody_once(refusal, seconds):
    answer, told, log = fetched(refusal, Reply("[]"))
    assert (answer.status, answer.body) == (200, b"[]")
    assert [note[:2] for note in told] == [("pause", seconds)]
    assert [(row["status"], row["attempt"]) for row in log] == [
        (refusal.status, 1),
        (200, 2),
    ]


def test_502_three_times_and_then_an_answer():
    answer, told, log = fetched(*[Reply("{}", 502)] * 3, Reply("[1]"))
    assert answer.body == b"[1]"
    assert told == [("failed", "HTTP 502 Bad Gateway")] * 3
    assert [row["status"] for row in log] == [502, 502, 502, 200]


def test_who_never_answers_is_given_up_with_one_clear_line():
    answer, _, log = fetched(*[Reply("{}", 502)] * 4)
    assert str(answer) == "github commits a/b: HTTP 502 Bad Gateway (attempt 4)"
    assert len(log) == 4


@pytest.mark.parametrize("status", [304, 401, 403, 404, 422])
def test_a_final_refusal_is_an_answer(status):
    answer, told, log = fetched(Reply("{}" if status != 304 else "", status))
    assert answer.status == status
    assert (told, len(log)) == ([], 1)


def test_an_address_that_may_not_be_asked_is_logged_and_not_tried_again():
    log: RequestLog = []
    budget = NotedBudget()
    config = StaticConfig(Configuration({}, (), Thresholds()))
    fetcher = Fetcher(
        "news", CheckedSession(), budget, {}, config=config, clock=StandingClock()
    )
    with pytest.raises(BadDataError, match="no public address"):
        fetcher.fetch(Request("http://169.254.169.254/", "feed"), log)
    assert [row["error"] for row in log] == [
        "http://169.254.169.254 is at 169.254.169.254, which is no public address"
    ]
