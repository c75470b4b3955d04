"""Each fault of an endpoint does what it says, there, and nothing else."""

from typing import Any

import pytest

from tests.oracles.block_oracle import flaws
from tests.unit.sandbox.chain.conftest import Node

ALPHA, BETA = "ethereum/alpha", "ethereum/beta"
STRUCK = 5
EVERY = {"fromBlock": hex(STRUCK), "toBlock": hex(STRUCK)}


def strike(node: Node, kind: str, **fields: Any) -> None:
    """Strikes one block at one endpoint."""
    path = f"/{ALPHA}/{STRUCK}/"
    node.inject(kind, **{"probability": 1, "path": path, **fields})


def logs_of(receipts: Any) -> list[Any]:
    return [log for one in receipts for log in one["logs"]]


def different(mine: list[Any], theirs: list[Any]) -> list[int]:
    """The places in which two lists of one length differ."""
    pairs = zip(mine, theirs, strict=True)
    return [place for place, (a, b) in enumerate(pairs) if a != b]


def assert_only_here(node: Node, number: int = STRUCK) -> None:
    """No other block and no other endpoint is struck."""
    for other in range(1, 20):
        for where in (ALPHA, BETA):
            if other == number and where == ALPHA:
                continue
            block = node.block(other, where)
            assert flaws(block, node.receipts(block, where)) == []


@pytest.mark.parametrize("variant", ["", "renumbered"])
def test_an_omitted_log_is_gone_from_every_answer(node: Node, variant: str) -> None:
    block = node.block(STRUCK, ALPHA)
    clean = logs_of(node.receipts(block, ALPHA))
    strike(node, "log_omitted", variant=variant)
    receipts = node.receipts(block, ALPHA)
    left = logs_of(receipts)
    assert len(left) == len(clean) - 1
    assert node.ask("eth_getLogs", EVERY, where=ALPHA) == left
    one_by_one = [
        node.ask("eth_getTransactionReceipt", one["hash"], where=ALPHA)
        for one in block["transactions"]
    ]
    assert one_by_one == receipts
    assert node.block(STRUCK, ALPHA) == block
    assert "receipts root" in flaws(block, receipts)
    assert_only_here(node)


def test_only_a_renumbered_log_leaves_no_gap_in_the_indices(node: Node) -> None:
    gaps = {"": 0, "renumbered": 0}
    for variant in gaps:
        strike(node, "log_omitted", variant=variant, path=f"/{ALPHA}/")
        for block in node.branch():
            found = flaws(block, node.receipts(block, ALPHA))
            gaps[variant] += "log indices" in found
        node.faults.clear()
    assert gaps[""] > 20
    assert gaps["renumbered"] == 0


def test_swapped_logs_keep_their_numbers(node: Node) -> None:
    number = next(
        number
        for number in range(1, 40)
        if any(len(one["logs"]) > 1 for one in node.receipts(node.block(number)))
    )
    block = node.block(number, ALPHA)
    clean = logs_of(node.receipts(block, ALPHA))
    strike(node, "log_swapped", path=f"/{ALPHA}/{number}/")
    receipts = node.receipts(block, ALPHA)
    swapped = logs_of(receipts)
    first, second = different(swapped, clean)
    assert second == first + 1
    assert [log["logIndex"] for log in swapped] == [log["logIndex"] for log in clean]
    for name in ("address", "topics", "data"):
        assert swapped[first][name] == clean[second][name]
        assert swapped[second][name] == clean[first][name]
    assert flaws(block, receipts) == ["receipts root"]
    assert_only_here(node, number)


@pytest.mark.parametrize(
    ("variant", "name"), [("", "data"), ("data", "data"), ("topic", "topics")]
)
def test_an_altered_log_has_one_other_digit(
    node: Node, variant: str, name: str
) -> None:
    block = node.block(STRUCK, ALPHA)
    clean = logs_of(node.receipts(block, ALPHA))
    strike(node, "log_altered", variant=variant)
    receipts = node.receipts(block, ALPHA)
    altered = logs_of(receipts)
    (place,) = different(altered, clean)
    mine, theirs = altered[place], clean[place]
    assert [key for key in mine if mine[key] != theirs[key]] == [name]
    digits = zip("".join(mine[name]), "".join(theirs[name]), strict=True)
    assert sum(a != b for a, b in digits) == 1
    assert "receipts root" in flaws(block, receipts)
    assert_only_here(node)


def test_an_altered_status_is_another_one(node: Node) -> None:
    block = node.block(STRUCK, ALPHA)
    clean = node.receipts(block, ALPHA)
    strike(node, "receipt_altered")
    altered = node.receipts(block, ALPHA)
    (place,) = different(altered, clean)
    statuses = {one[place].pop("status") for one in (altered, clean)}
    assert statuses == {"0x0", "0x1"}
    assert altered == clean
    assert_only_here(node)


@pytest.mark.parametrize(
    ("variant", "flaw"),
    [("header", ["hash"]), ("input", ["transactions root", "transaction hashes"])],
)
def test_an_altered_block_has_one_other_digit(
    node: Node, variant: str, flaw: list[str]
) -> None:
    clean = node.block(STRUCK, ALPHA)
    strike(node, "block_altered", variant=variant)
    altered = node.block(STRUCK, ALPHA)
    assert node.ask("eth_getBlockByHash", clean["hash"], True, where=ALPHA) == altered
    found = flaws(altered, node.receipts(altered, ALPHA))
    assert [name for name in found if name != "receipts"] == flaw
    if variant == "header":
        (changed,) = [name for name in clean if altered[name] != clean[name]]
        assert changed == "stateRoot"
    else:
        place = different(altered["transactions"], clean["transactions"])[0]
        hashed = clean["transactions"][place]["hash"]
        one = node.ask("eth_getTransactionByHash", hashed, where=ALPHA)
        assert one == altered["transactions"][place]
    assert_only_here(node)


@pytest.mark.parametrize("variant", ["null", "empty", "few"])
def test_receipts_are_missing_in_three_ways(node: Node, variant: str) -> None:
    block = node.block(STRUCK, ALPHA)
    clean = node.receipts(block, ALPHA)
    strike(node, "receipts_missing", variant=variant)
    wanted = {"null": None, "empty": [], "few": clean[:-1]}[variant]
    assert node.receipts(block, ALPHA) == wanted
    last = clean[-1]["transactionHash"]
    assert node.ask("eth_getTransactionReceipt", last, where=ALPHA) is None
    assert node.ask("eth_getLogs", EVERY, where=ALPHA) == logs_of(clean)
    assert_only_here(node)


def test_a_share_of_the_blocks_is_struck_and_always_the_same_ones(node: Node) -> None:
    node.inject("receipts_missing", probability=0.4, path=f"/{ALPHA}/")
    struck = [
        [node.receipts(block, ALPHA) is None for block in node.branch()]
        for _ in range(2)
    ]
    assert struck[0] == struck[1]
    assert 8 < sum(struck[0]) < 28


def test_the_next_answers_are_struck_and_then_no_more(node: Node) -> None:
    block = node.block(STRUCK)
    node.inject("receipts_missing", next_requests=2)
    answers = [node.receipts(block) is None for _ in range(4)]
    assert answers == [True, True, False, False]


def test_a_node_behind_knows_nothing_of_the_newest_blocks(node: Node) -> None:
    head = node.head()
    newest = node.block(head)
    node.inject("behind", probability=1, blocks=3, exchange_id="evm/ethereum/alpha")
    assert node.head(ALPHA) == head - 3
    assert node.block("latest", ALPHA) == node.block(head - 3, BETA)
    assert node.block(head - 2, ALPHA) is None
    assert node.ask("eth_getBlockByHash", newest["hash"], True, where=ALPHA) is None
    assert node.receipts(newest, ALPHA) is None
    for one in newest["transactions"][:1]:
        for method in ("eth_getTransactionByHash", "eth_getTransactionReceipt"):
            assert node.ask(method, one["hash"], where=ALPHA) is None
    span = {"fromBlock": hex(head), "toBlock": hex(head)}
    message = "block range extends beyond current head block"
    assert node.ask("eth_getLogs", span, where=ALPHA)["message"] == message
    assert node.block("latest", BETA) == newest


def test_a_balancer_alternates_between_two_nodes(node: Node) -> None:
    head = node.head()
    node.inject("balanced", probability=1, blocks=2, path=f"/{ALPHA}/")
    heads = [node.head(ALPHA) for _ in range(4)]
    assert heads == [head, head - 2, head, head - 2]
    call = {"id": 1, "method": "eth_blockNumber", "params": []}
    _, answers = node.post([call] * 5, ALPHA)
    assert {int(one["result"], 16) for one in answers} == {head}
    assert node.head(BETA) == head


def test_a_method_is_absent_where_it_is_said_to_be(node: Node) -> None:
    block = node.block(STRUCK)
    node.inject("method_absent", probability=1, path=f"/{ALPHA}/eth_getBlockReceipts")
    assert node.receipts(block, ALPHA) == {
        "code": -32601,
        "message": "the method eth_getBlockReceipts does not exist/is not available",
    }
    assert node.block(STRUCK, ALPHA) == block
    assert node.receipts(block, BETA)


def test_a_method_may_take_numbers_only(node: Node) -> None:
    block = node.block(STRUCK)
    path = f"/{ALPHA}/eth_getBlockReceipts"
    node.inject("method_absent", probability=1, variant="hash", path=path)
    assert node.receipts(block, ALPHA)["code"] == -32602
    by_number = node.ask("eth_getBlockReceipts", block["number"], where=ALPHA)
    assert by_number == node.receipts(block, BETA)


@pytest.mark.parametrize(
    ("kind", "variant", "code"),
    [
        ("call_failed", "", -32603),
        ("call_failed", "header", -32000),
        ("call_failed", "pruned", 4444),
        ("call_limited", "", 429),
        ("call_limited", "infura", -32005),
        ("call_limited", "quicknode", -32007),
    ],
)
def test_one_element_of_a_batch_fails_alone(
    node: Node, kind: str, variant: str, code: int
) -> None:
    calls = [
        {"id": n, "method": "eth_getBlockByNumber", "params": [hex(n), True]}
        for n in range(5)
    ]
    _, clean = node.post(calls)
    node.inject(kind, next_requests=1, variant=variant)
    status, answers = node.post(calls)
    assert status == 200
    assert answers[0]["error"]["code"] == code
    assert answers[1:] == clean[1:]
    assert node.post(calls) == (200, clean)


@pytest.mark.parametrize(
    ("variant", "status", "code", "message"),
    [
        ("", 200, -32005, "query returned more than 5 results. Try with this block"),
        ("infura", 200, -32005, "block range [0x2, 0x5]."),
        ("alchemy", 200, -32602, "Log response size exceeded. You can make"),
        ("alchemy", 200, -32602, "this block range should work: [0x2, 0x5]"),
        ("quicknode", 413, -32614, "eth_getLogs is limited to a 5 range"),
        ("ankr", 200, -32600, "block range is too wide"),
        ("large", 200, -32603, "block range is too large"),
    ],
)
def test_too_many_logs_or_blocks_are_refused_in_every_dialect(
    node: Node, variant: str, status: int, code: int, message: str
) -> None:
    node.inject("range_limit", probability=1, most=5, variant=variant)

    def asked(first: int, last: int, **more: Any) -> tuple[int, Any]:
        span = {"fromBlock": hex(first), "toBlock": hex(last), **more}
        call = {"id": 1, "method": "eth_getLogs", "params": [span]}
        return node.post(call)

    got, answer = asked(2, 8)
    assert got == status
    assert answer["error"]["code"] == code
    assert message in answer["error"]["message"]
    nobody = {"address": "0x" + "0" * 40}
    by_blocks = variant in {"quicknode", "ankr", "large"}
    assert ("error" in asked(2, 8, **nobody)[1]) == by_blocks
    assert asked(2, 6, **nobody)[1]["result"] == []


@pytest.mark.parametrize(
    ("variant", "is_list", "message"),
    [
        ("", True, "batch too large"),
        ("erigon", False, "batch limit 3 exceeded: 4 requests given"),
    ],
)
def test_a_batch_of_too_many_calls_is_refused(
    node: Node, variant: str, is_list: bool, message: str
) -> None:
    node.inject("batch_limit", probability=1, most=3, variant=variant)
    call = {"id": 4, "method": "eth_chainId"}
    _, answer = node.post([call] * 4)
    (error,) = answer if is_list else [answer]
    assert error["error"]["message"] == message
    assert [one["result"] for one in node.post([call] * 3)[1]] == ["0x1"] * 3


@pytest.mark.parametrize(
    ("kind", "variant", "status", "code"),
    [
        ("quota_spent", "", 402, 402),
        ("quota_spent", "alchemy", 429, 429),
        ("quota_spent", "code", 200, -33000),
        ("too_many", "", 429, 429),
        ("too_many", "bare", 429, 429),
    ],
)
def test_a_request_is_refused_as_a_whole(
    node: Node, kind: str, variant: str, status: int, code: int
) -> None:
    node.inject(kind, next_requests=1, variant=variant)
    call = {"id": 4, "method": "eth_chainId"}
    got, answer = node.post([call] * 2)
    assert got == status
    assert answer["id"] == 4
    assert answer["error"]["code"] == code
    if (kind, variant) == ("quota_spent", ""):
        assert answer["error"]["event"] == -33000
    assert node.post([call] * 2)[0] == 200


def test_a_providers_errors_repeat_the_key_they_were_asked_with(node: Node) -> None:
    secret = "planted-key"
    call = {"id": 4, "method": "eth_chainId"}
    where = f"{ALPHA}/{secret}"
    for kind in ("quota_spent", "too_many", "call_failed", "call_limited"):
        node.inject(kind, next_requests=1, exchange_id="evm/ethereum/alpha")
        _, answer = node.post(call, where)
        assert answer["error"]["message"].endswith(f" ({secret})")
    node.inject("too_large", next_requests=1)
    answer, _ = node.chains.answer(where, b'{"id":1,"method":"eth_chainId"}')
    assert answer.status == 413
    assert secret.encode() in answer.body
    assert node.ask("eth_chainId", where=where) == "0x1"
    node.inject("call_failed", next_requests=1)
    assert node.ask("eth_chainId")["message"] == "Internal error"


def test_faults_of_venues_and_of_chains_do_not_meet(node: Node) -> None:
    node.inject("missing", probability=1)
    node.inject("behind", probability=1)
    kinds = [fault.kind for fault in node.faults.of("kraken", "/0/public/OHLC")]
    assert kinds == ["missing"]


def test_calls_are_counted_by_method_and_status(node: Node) -> None:
    node.ask("eth_chainId", where=ALPHA)
    node.post([{"id": 1, "method": "eth_chainId"}] * 3, ALPHA)
    node.ask("eth_nothing", where=BETA)
    assert dict(node.counts) == {
        ("evm/ethereum/alpha", "eth_chainId", 200): 4,
        ("evm/ethereum/beta", "eth_nothing", -32601): 1,
    }
