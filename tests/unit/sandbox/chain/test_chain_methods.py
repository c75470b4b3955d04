"""Answers have the shape of geth's recorded ones, field by field, and its errors."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.sandbox.chain.conftest import Node

QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)")
# of the fields whose bytes differ in number from one answer to the next
FREE = {"input", "data", "extraData"}
# quantities that may be as long as a hash
NUMBERS = {"r", "s", "value"}


def form(name: str, said: Any) -> Any:
    """What kind of value it is: a quantity, or so many bytes, or a list of forms."""
    if isinstance(said, dict):
        return [(key, form(key, value)) for key, value in said.items()]
    if isinstance(said, list):
        forms = {str(form(name, one)) for one in said}
        return f"list of {forms.pop()}" if len(forms) == 1 else "list"
    if not isinstance(said, str) or name in FREE:
        return type(said).__name__
    if name in NUMBERS or (QUANTITY.fullmatch(said) and len(said) < 42):
        return "quantity"
    return len(said)


def recorded_answers(folder: Path, method: str) -> list[Any]:
    paths = sorted((folder / "chain/test_chain" / method).glob("*.io"))
    assert paths
    return [orjson.loads(path.read_text().split("<< ", 1)[1]) for path in paths]


def prague(folder: Path) -> Any:
    """Blocks that have every field there is."""
    answers = recorded_answers(folder, "eth_getBlockByNumber")
    blocks = [answer["result"] for answer in answers]
    return [block for block in blocks if block and "requestsHash" in block]


def without(shape: Any, *names: str) -> Any:
    return {key: value for key, value in shape.items() if key not in names}


def test_a_block_is_spelled_as_geth_spells_it(node: Node, recorded: Path) -> None:
    mine = node.block(node.head())
    lists = ("transactions", "withdrawals")
    theirs = prague(recorded)
    assert len(theirs) >= 4
    for block in theirs:
        assert list(block) == list(mine)
        assert form("", without(block, *lists)) == form("", without(mine, *lists))
    assert list(mine["withdrawals"][0]) == [
        *("index", "validatorIndex", "address", "amount")
    ]
    hashes = node.ask("eth_getBlockByNumber", mine["number"], False)
    assert hashes["transactions"] == [one["hash"] for one in mine["transactions"]]
    assert without(hashes, "transactions") == without(mine, "transactions")


def test_withdrawals_are_spelled_as_geth_spells_them(
    node: Node, recorded: Path
) -> None:
    answers = recorded_answers(recorded, "eth_getBlockByNumber")
    (theirs,) = [
        one
        for answer in answers
        for one in (answer["result"] or {}).get("withdrawals", ())
    ]
    mine = node.block("latest")["withdrawals"][0]
    assert form("", mine) == form("", theirs)


def test_a_legacy_transaction_is_spelled_as_geth_spells_it(
    long_node: Node, recorded: Path
) -> None:
    theirs = prague(recorded)[-1]["transactions"][0]
    assert theirs["to"] is None
    blocks = long_node.branch()
    mine = [one for block in blocks for one in block["transactions"]]
    creating = [one for one in mine if one["type"] == "0x0" and one["to"] is None]
    assert creating
    for one in creating:
        assert form("", one) == form("", theirs)


TYPED = ("maxFeePerGas", "maxPriorityFeePerGas")


@pytest.mark.parametrize(
    ("kind", "fees", "lists"),
    [
        ("0x0", (), ("chainId",)),
        ("0x1", (), ("accessList", "chainId")),
        ("0x2", TYPED, ("accessList", "chainId")),
        (
            "0x3",
            (*TYPED, "maxFeePerBlobGas"),
            ("accessList", "chainId", "blobVersionedHashes"),
        ),
        ("0x4", TYPED, ("accessList", "chainId", "authorizationList")),
    ],
)
def test_a_typed_transaction_has_the_fields_of_its_type_in_geths_order(
    long_node: Node, kind: str, fees: tuple[str, ...], lists: tuple[str, ...]
) -> None:
    # RPCTransaction in internal/ethapi/api.go of go-ethereum 1.16
    names = [
        *("blockHash", "blockNumber", "blockTimestamp", "from", "gas", "gasPrice"),
        *(*fees, "hash", "input", "nonce", "to", "transactionIndex", "value", "type"),
        *(*lists, "v", "r", "s", *(() if kind == "0x0" else ("yParity",))),
    ]
    blocks = long_node.branch()
    of_kind = [
        one for block in blocks for one in block["transactions"] if one["type"] == kind
    ]
    assert of_kind
    for one in of_kind:
        assert list(one) == names
        assert long_node.ask("eth_getTransactionByHash", one["hash"]) == one


def test_receipts_are_spelled_as_geth_spells_them(
    long_node: Node, recorded: Path
) -> None:
    answers = recorded_answers(recorded, "eth_getTransactionReceipt")
    theirs = [answer["result"] for answer in answers if answer["result"]]
    typed = {one["type"]: one for one in theirs if "status" in one}
    assert set(typed) == {"0x1", "0x2", "0x3", "0x4"}
    seen = set()
    for block in long_node.branch():
        for one in long_node.receipts(block):
            other = typed.get(one["type"])
            if other is None or (one["to"] is None) != (other["to"] is None):
                continue
            assert form("", without(one, "logs")) == form("", without(other, "logs"))
            for log in one["logs"] if other["logs"] else ():
                mine = form("", without(log, "topics"))
                assert mine == form("", without(other["logs"][0], "topics"))
            seen.add(one["type"])
    assert seen == set(typed)


def test_one_receipt_is_that_of_its_block(node: Node) -> None:
    block = node.block(5)
    receipts = node.receipts(block)
    assert receipts
    for receipt in receipts:
        hashed = receipt["transactionHash"]
        assert node.ask("eth_getTransactionReceipt", hashed) == receipt
    by_number = node.ask("eth_getBlockReceipts", "0x5")
    by_object = node.ask("eth_getBlockReceipts", {"blockHash": block["hash"]})
    assert by_number == by_object == receipts


def test_what_is_not_there_is_null(node: Node) -> None:
    nothing = "0x" + "0" * 64
    assert node.block(node.head() + 1) is None
    assert node.block("pending") is None
    for method in (
        *("eth_getBlockReceipts", "eth_getTransactionReceipt"),
        "eth_getTransactionByHash",
    ):
        assert node.ask(method, nothing) is None
    assert node.ask("eth_getBlockByHash", nothing, True) is None
    assert node.ask("eth_getBlockReceipts", hex(node.head() + 1)) is None
    assert node.ask("eth_getBlockReceipts", "0x0") == []


def test_tags_name_blocks_behind_the_head(long_node: Node) -> None:
    numbers = [
        int(long_node.block(tag)["number"], 16)
        for tag in ("latest", "safe", "finalized", "earliest")
    ]
    assert numbers == [120, 88, 56, 0]


def test_the_node_says_who_it_is(node: Node) -> None:
    assert node.ask("eth_chainId") == "0x1"
    assert node.ask("net_version") == "1"
    assert node.ask("web3_clientVersion") == "bullion-sandbox/v1"


def test_logs_are_those_of_the_receipts(node: Node) -> None:
    wanted = [
        log
        for number in range(3, 9)
        for one in node.receipts(node.block(number))
        for log in one["logs"]
    ]
    assert node.ask("eth_getLogs", {"fromBlock": "0x3", "toBlock": "0x8"}) == wanted
    one = wanted[0]
    by_address = [log for log in wanted if log["address"] == one["address"]]
    span = {"fromBlock": "0x3", "toBlock": "0x8"}
    assert node.ask("eth_getLogs", {**span, "address": one["address"]}) == by_address
    addresses = [one["address"], "0x" + "0" * 40]
    assert node.ask("eth_getLogs", {**span, "address": addresses}) == by_address
    of_block = node.ask("eth_getLogs", {"blockHash": one["blockHash"]})
    assert of_block == [log for log in wanted if log["blockHash"] == one["blockHash"]]


def test_topics_are_matched_by_place(node: Node) -> None:
    span = {"fromBlock": "earliest", "toBlock": "latest"}
    every = node.ask("eth_getLogs", span)
    first = next(log["topics"] for log in every if len(log["topics"]) == 3)
    for topics, kept in (
        ([first[0]], lambda log: log["topics"][:1] == first[:1]),
        ([None, first[1]], lambda log: log["topics"][1:2] == first[1:2]),
        ([[], [first[1]]], lambda log: log["topics"][1:2] == first[1:2]),
        ([[first[0], first[1]]], lambda log: log["topics"][:1] == first[:1]),
        ([None, None, None, None], lambda log: len(log["topics"]) == 4),
    ):
        wanted = [log for log in every if kept(log)]
        assert wanted
        assert node.ask("eth_getLogs", {**span, "topics": topics}) == wanted


def test_logs_are_refused_as_geth_refuses_them(node: Node, recorded: Path) -> None:
    answers = recorded_answers(recorded, "eth_getLogs")
    errors = [answer["error"] for answer in answers if "error" in answer]
    block = node.block("latest")
    future = {"fromBlock": "latest", "toBlock": hex(node.head() + 1)}
    both = {"blockHash": block["hash"], "fromBlock": "0x1"}
    backwards = {"fromBlock": "0x5", "toBlock": "0x4"}
    mine = [node.ask("eth_getLogs", it) for it in (future, both, backwards)]
    assert mine == errors


@pytest.mark.parametrize(
    ("method", "params", "code", "message"),
    [
        ("eth_nothing", [], -32601, "the method eth_nothing does not exist"),
        ("eth_getBlockByNumber", [], -32602, "missing value for required argument 0"),
        ("eth_getBlockByNumber", ["0x1"], -32602, "missing value for required"),
        ("eth_getBlockByNumber", ["7", True], -32602, "without 0x prefix"),
        ("eth_getBlockByNumber", ["0x01", True], -32602, "invalid hex string"),
        ("eth_getBlockByHash", ["0x12", True], -32602, "has length 2, want 64"),
        ("eth_getLogs", ["0x1"], -32602, "expected an object"),
        ("eth_getLogs", [{"topics": [None] * 5}], -32602, "exceed max topics"),
        ("eth_getLogs", [{"blockHash": "0x" + "7" * 64}], -32000, "unknown block"),
        ("eth_call", [{"to": "0x12"}, "latest"], -32602, "has length 2, want 40"),
        ("eth_call", [{"to": "0x" + "0" * 40}, "0xffff"], -32000, "header not found"),
    ],
)
def test_what_can_not_be_answered_is_an_error(
    node: Node, method: str, params: list[Any], code: int, message: str
) -> None:
    error = node.ask(method, *params)
    assert error["code"] == code
    assert message in error["message"]


def test_a_batch_is_answered_in_its_order(node: Node) -> None:
    calls = [
        {"jsonrpc": "2.0", "id": f"n{n}", "method": "eth_getBlockByNumber"}
        | {"params": [hex(n), False]}
        for n in (5, 3, 4)
    ]
    status, answers = node.post(calls)
    assert status == 200
    assert [one["id"] for one in answers] == ["n5", "n3", "n4"]
    assert [int(one["result"]["number"], 16) for one in answers] == [5, 3, 4]


def test_what_is_no_request_is_refused(node: Node) -> None:
    assert node.post([])[1]["error"] == {"code": -32600, "message": "empty batch"}
    assert node.post([1])[1][0]["error"]["code"] == -32600
    named = {"id": 1, "method": "eth_chainId", "params": {"block": "latest"}}
    _, refused = node.post(named)
    assert refused["error"] == {"code": -32602, "message": "non-array args"}
    answer, _ = node.chains.answer("ethereum", b"{")
    assert orjson.loads(answer.body)["error"]["code"] == -32700
    assert node.chains.answer("dogecoin", b"{}")[0].status == 404
