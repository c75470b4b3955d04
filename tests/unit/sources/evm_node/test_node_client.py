"""A node's client: batches that adapt, errors told apart, secrets kept."""

import logging
from contextlib import suppress

import pytest

from pipelines.errors import UpstreamError
from pipelines.sources.evm_node.rpc_request import Call
from tests.fakes.node_clients import client_of
from tests.fakes.node_server import Node, NodeError, Refusal, serving
from tests.fakes.raw_server import raw_server

KEY = "key-of-a-provider"


def numbers(count):
    return [Call("double", [hex(n)]) for n in range(count)]


def double(number):
    return hex(2 * int(number, 16))


def asked(client, calls):
    log: list[dict[str, object]] = []
    outcomes = client.ask(calls, log)
    return [outcome.result for outcome in outcomes], log


def test_calls_are_answered_in_their_order_in_batches():
    node = Node({"double": double})
    with serving(node) as url:
        client, _ = client_of(url)
        found, log = asked(client, numbers(25))
    assert found == [hex(2 * n) for n in range(25)]
    assert [len(calls) for calls in node.requests] == [10, 11, 4]
    assert [(row["method"], row["calls_count"]) for row in log] == [
        ("double", 10),
        ("double", 11),
        ("double", 4),
    ]
    assert {(row["scope"], row["endpoint"], row["status"]) for row in log} == {
        ("ethereum", "main", 200)
    }


def test_answers_out_of_order_are_those_of_their_calls():
    node = Node({"double": double})
    node.refuse = lambda calls: (200, {}, [node._answer(c) for c in reversed(calls)])
    with serving(node) as url:
        assert asked(client_of(url)[0], numbers(5))[0] == [hex(2 * n) for n in range(5)]


def refused_above(most, status, said):
    return lambda calls: (status, {}, said) if len(calls) > most else None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            200,
            [
                {
                    "jsonrpc": "2.0",
                    "id": 0,
                    "error": {"code": -32600, "message": "batch too large"},
                }
            ],
        ),
        (
            200,
            {
                "jsonrpc": "2.0",
                "id": None,
                "error": {"code": -32000, "message": "batch limit 3 exceeded"},
            },
        ),
        (413, b"<html>413</html>"),
    ],
)
def test_a_batch_that_is_too_large_is_halved_until_it_is_borne(status, said):
    node = Node({"double": double})
    node.refuse = refused_above(3, status, said)
    with serving(node) as url:
        client, budget = client_of(url, attempts=1)
        found, _ = asked(client, numbers(7))
    assert found == [hex(2 * n) for n in range(7)]
    assert [len(calls) for calls in node.requests] == [7, 3, 4, 2, 2]
    assert budget.failures == []


def test_an_endpoint_that_takes_no_batches_is_asked_call_by_call_from_then_on():
    node = Node({"double": double})
    said = {"error": {"code": -32600, "message": "batch requests are not supported"}}
    node.refuse = refused_above(1, 400, said)
    with serving(node) as url:
        client, _ = client_of(url)
        assert asked(client, numbers(4))[0] == [hex(2 * n) for n in range(4)]
        assert client.lacks == {"batches"}
        node.requests.clear()
        asked(client, numbers(3))
    assert [len(calls) for calls in node.requests] == [1, 1, 1]


def failing(node, count):
    """So many batches are answered with an error of the server, then none."""
    left: list[Refusal] = [(500, {}, b"")] * count
    node.refuse = lambda calls: left.pop() if left and len(calls) > 1 else None


def test_a_batch_that_fails_once_is_sent_again_as_it_was():
    node = Node({"double": double})
    failing(node, 1)
    with serving(node) as url:
        client, _ = client_of(url, attempts=5)
        assert asked(client, numbers(4))[0] == [hex(2 * n) for n in range(4)]
    assert [len(calls) for calls in node.requests] == [4, 4]
    assert client.lacks == set()


def test_a_stranger_whose_batches_fail_twice_is_asked_call_by_call_from_then_on():
    node = Node({"double": double})
    failing(node, 9)
    with serving(node) as url:
        client, _ = client_of(url, attempts=5)
        assert asked(client, numbers(4))[0] == [hex(2 * n) for n in range(4)]
    assert [len(calls) for calls in node.requests] == [4, 4, 1, 1, 1, 1]
    assert client.lacks == {"batches"}


def test_who_has_answered_batches_is_not_taken_for_one_that_takes_none():
    node = Node({"double": double})
    with serving(node) as url:
        client, _ = client_of(url, attempts=5)
        asked(client, numbers(4))
        node.requests.clear()
        failing(node, 4)
        assert asked(client, numbers(4))[0] == [hex(2 * n) for n in range(4)]
    assert [len(calls) for calls in node.requests] == [4, 4, 4, 4, 1, 3]
    assert client.lacks == set()


def test_a_method_that_had_no_result_yet_is_tried_as_often_as_is_said():
    node = Node({"double": double})
    with serving(node) as url:
        client, _ = client_of(url, attempts=5)
        node.refuse = lambda _: (500, {}, b"")
        with pytest.raises(UpstreamError):
            client.ask(numbers(1), [], most=2)
        assert len(node.requests) == 2
        node.refuse = lambda _: None
        client.ask(numbers(1), [])
        node.requests.clear()
        node.refuse = lambda _: (500, {}, b"")
        with pytest.raises(UpstreamError):
            client.ask(numbers(1), [], most=2)
        assert len(node.requests) == 5


def test_one_call_of_a_batch_may_fail_alone():
    def pruned(number):
        if number == "0x1":
            raise NodeError(4444, "pruned history unavailable")
        return double(number)

    node = Node({"double": pruned})
    with serving(node) as url:
        outcomes = client_of(url)[0].ask(numbers(3), [])
    assert [outcome.result for outcome in outcomes] == ["0x0", None, "0x4"]
    assert [o.error and o.error.meaning for o in outcomes] == [None, "pruned", None]
    assert len(node.requests) == 1


def test_a_call_that_failed_alone_for_a_while_is_tried_again_alone():
    failures = [NodeError(-32603, "Internal error")] * 2

    def now_and_then(number):
        if number == "0x1" and failures:
            raise failures.pop()
        return double(number)

    node = Node({"double": now_and_then})
    with serving(node) as url:
        found, _ = asked(client_of(url)[0], numbers(3))
    assert found == ["0x0", "0x2", "0x4"]
    assert [len(calls) for calls in node.requests] == [3, 1, 1]


def test_a_call_that_goes_on_failing_leaves_its_error():
    node = Node({})
    with serving(node) as url:
        (outcome,) = client_of(url)[0].ask([Call("double", ["0x1"])], [])
    assert outcome.error is not None
    assert outcome.error.meaning == "method_absent"
    assert len(node.requests) == 1


def test_a_refusal_for_the_rate_pauses_as_long_as_it_asks():
    refusals = [(429, {"Retry-After": "7"}, b""), (429, {}, b"{}")]
    node = Node({"double": double})
    node.refuse = lambda _: refusals.pop(0) if refusals else None
    with serving(node) as url:
        client, budget = client_of(url)
        assert asked(client, numbers(1))[0] == ["0x0"]
    assert [seconds for seconds, _ in budget.pauses] == [7.0, 2.0]
    assert budget.failures == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (402, {"error": {"code": 402, "message": f"Payment Required {KEY}"}}),
        (200, {"id": 0, "error": {"code": -33000, "message": "Payment Required"}}),
    ],
)
@pytest.mark.parametrize("count", [1, 3])
def test_a_spent_quota_pauses_the_endpoint_until_the_next_day(status, said, count):
    node = Node({"double": double}, refuse=lambda _: (status, {}, said))
    with serving(node) as url:
        client, budget = client_of(url)
        with pytest.raises(UpstreamError, match="ethereum/main: Payment") as refused:
            client.ask(numbers(count), [])
    ((seconds, reason),) = budget.pauses
    assert 0 < seconds <= 86_400
    assert reason.startswith("quota spent: Payment Required")
    assert KEY not in f"{refused.value} {reason}"
    assert len(node.requests) == 1


def test_a_body_that_breaks_off_makes_the_next_request_smaller():
    node = Node({"double": double})
    cut_off = {"Content-Length": "500", "Connection": "close"}
    node.refuse = lambda calls: (200, cut_off, b"[{") if len(calls) > 2 else None
    with serving(node) as url:
        client, budget = client_of(url)
        found, _ = asked(client, numbers(4))
    assert found == [hex(2 * n) for n in range(4)]
    assert [len(calls) for calls in node.requests] == [4, 2, 2]
    assert len(budget.failures) == 1


BODIES = [
    b"[1]",
    b'"text"',
    b"{}",
    b"[]",
    b"",
    b"[{}]",
    b'[{"id":0,"result":1},{"id":"x","result":1}]',
    b'{"jsonrpc":"2.0","id":0}',
    b"<html>no</html>",
    b'[{"id":0,"result":1}',
    b"[" * 2_000,
    b"\xff\xfe",
]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("body", BODIES)
def test_whatever_a_node_sends_is_an_error_and_no_exception_of_a_library(body, count):
    node = Node(refuse=lambda _: (200, {}, body))
    with serving(node) as url:
        client, _ = client_of(url, attempts=1)
        outcomes = []
        with suppress(UpstreamError):
            outcomes = client.ask(numbers(count), [])
    assert all(outcome.error for outcome in outcomes)


def test_a_redirect_is_not_followed():
    with serving(Node({"double": double})) as there:
        moved = Node(refuse=lambda _: (307, {"Location": there}, b""))
        with serving(moved) as url:
            client, _ = client_of(url, attempts=1)
            with pytest.raises(UpstreamError, match="which is not followed"):
                client.ask(numbers(1), [])


def test_a_silent_node_is_given_up():
    with raw_server([b""], pause_s=5) as url:
        client, budget = client_of(f"{url}/{KEY}", attempts=1)
        with pytest.raises(UpstreamError, match="no answer: ReadTimeout") as refused:
            client.ask(numbers(1), [])
    assert KEY not in str(refused.value)
    assert len(budget.failures) == 1


def test_nothing_of_the_address_is_in_logs_errors_or_rows(caplog):
    node = Node({"double": double}, key=KEY)
    with caplog.at_level(logging.DEBUG), serving(node) as url:
        client, _ = client_of(url, attempts=1)
        log: list[dict[str, object]] = []
        client.ask(numbers(2), log)
        client.ask([Call("nothing", [])], log)
        node.refuse = lambda _: (500, {}, f"{KEY} broke".encode())
        with pytest.raises(UpstreamError) as refused:
            client.ask(numbers(1), log)
        port = url.split(":")[2].split("/")[0]
        dead = client_of(f"http://127.0.0.1:1/{KEY}", attempts=1)[0]
        with pytest.raises(UpstreamError) as unheard:
            dead.ask(numbers(1), log)
    told = f"{log} {refused.value!r} {unheard.value!r} {client.__dict__} {caplog.text}"
    assert KEY not in told
    assert f":{port}/" not in f"{log} {refused.value} {caplog.text}"
    assert "no answer: ConnectionError" in str(unheard.value)
    seen = [unheard.value, unheard.value.__cause__, unheard.value.__context__]
    assert KEY not in repr(seen)
