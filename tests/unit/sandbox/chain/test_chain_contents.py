"""What is on the chain: transfers of every standard, odd logs, and tokens' answers."""

from collections import Counter
from typing import Any

import pytest
from eth_abi.abi import decode
from eth_utils.crypto import keccak

from tests.unit.sandbox.chain.conftest import Node

ZERO = "0x" + "0" * 64
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"


def topic(signature: str) -> str:
    return "0x" + keccak(signature.encode()).hex()


TRANSFER = topic("Transfer(address,address,uint256)")
SINGLE = topic("TransferSingle(address,address,address,uint256,uint256)")
BATCH = topic("TransferBatch(address,address,address,uint256[],uint256[])")
DEPOSIT, WITHDRAWAL = (
    topic("Deposit(address,uint256)"),
    topic("Withdrawal(address,uint256)"),
)


@pytest.fixture(scope="module")
def logs(long_node: Node) -> list[Any]:
    found: list[Any] = long_node.ask(
        "eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest"}
    )
    return found


@pytest.fixture(scope="module")
def contracts(long_node: Node) -> Any:
    chain = long_node.chains._chains["ethereum"]
    return chain.world.contracts


def size(log: Any) -> int:
    return (len(log["data"]) - 2) // 2


def test_logs_of_every_shape_are_there(logs: list[Any]) -> None:
    shapes = Counter(
        (log["topics"][0] if log["topics"] else "", len(log["topics"]), size(log))
        for log in logs
    )
    for shape in (
        *((TRANSFER, 3, 32), (TRANSFER, 4, 0), (DEPOSIT, 2, 32), (WITHDRAWAL, 2, 32)),
        # three words, of which one or no parameter is indexed
        *((TRANSFER, 2, 64), (TRANSFER, 1, 96)),
        # not what the signature says
        *((TRANSFER, 3, 0), (TRANSFER, 3, 31), (TRANSFER, 3, 64), (TRANSFER, 4, 32)),
        *((DEPOSIT, 1, 32), (SINGLE, 4, 32), (BATCH, 4, 0), (BATCH, 4, 64)),
        (SINGLE, 4, 64),
    ):
        assert shapes[shape], shape
    assert sum(n for (_, topics, _), n in shapes.items() if not topics) > 10


def test_tokens_are_minted_and_burnt(logs: list[Any]) -> None:
    fungible = [log for log in logs if log["topics"][:1] == [TRANSFER]]
    fungible = [log for log in fungible if len(log["topics"]) == 3]
    assert sum(log["topics"][1] == ZERO for log in fungible) > 20
    assert sum(log["topics"][2] == ZERO for log in fungible) > 20
    amounts = {int(log["data"], 16) for log in fungible if size(log) == 32}
    assert 2**256 - 1 in amounts
    assert len(amounts) > 300


def test_the_other_standards_mint_and_burn_too(logs: list[Any]) -> None:
    collected = [log["topics"] for log in logs if log["topics"][:1] == [TRANSFER]]
    collected = [topics for topics in collected if len(topics) == 4]
    moved = [log["topics"] for log in logs if log["topics"][:1] in ([SINGLE], [BATCH])]
    assert ZERO not in {topics[1] for topics in moved}
    for first, several in ((1, collected), (2, moved)):
        shares = [sum(t[first + n] == ZERO for t in several) for n in (0, 1)]
        assert min(shares) > 5
        assert sum(shares) < len(several) / 2


def test_batches_hold_two_arrays_and_some_hold_none(logs: list[Any]) -> None:
    counts = set()
    for log in logs:
        if log["topics"][:1] == [BATCH] and size(log) > 64:
            ids, amounts = decode(
                ["uint256[]", "uint256[]"], bytes.fromhex(log["data"][2:]), strict=False
            )
            if len(ids) == len(amounts):
                counts.add(len(ids))
    assert counts >= {0, 1, 2, 3}


def test_only_the_wrapped_native_currency_wraps(logs: list[Any]) -> None:
    wrapping = [log for log in logs if log["topics"][:1] in ([DEPOSIT], [WITHDRAWAL])]
    whole = [log for log in wrapping if len(log["topics"]) == 2]
    assert {log["address"] for log in whole} == {WETH}
    assert {log["address"] for log in wrapping} > {WETH}


def said(node: Node, address: bytes, signature: str) -> Any:
    selector = "0x" + keccak(signature.encode())[:4].hex()
    call = {"to": "0x" + address.hex(), "data": selector}
    return node.ask("eth_call", call, "latest")


def test_tokens_say_what_they_are(long_node: Node, contracts: Any) -> None:
    usual = contracts.of("erc20")[0]
    answers = [
        bytes.fromhex(said(long_node, usual, f"{name}()")[2:])
        for name in ("name", "symbol", "decimals")
    ]
    assert decode(["string"], answers[0]) == ("USD Coin",)
    assert decode(["string"], answers[1]) == ("USDC",)
    assert decode(["uint8"], answers[2]) == (6,)
    (wrapped,) = contracts.of("wrapped")
    assert wrapped.hex() == WETH[2:]
    symbols = [
        decode(["string"], bytes.fromhex(answer[2:]))[0]
        for address in contracts.of("erc20")
        if isinstance(answer := said(long_node, address, "symbol()"), str)
        and len(answer) > 66
    ]
    assert "CAFÉ" in symbols
    assert "" in symbols


def test_old_odd_and_refusing_tokens_are_among_them(
    long_node: Node, contracts: Any
) -> None:
    old, refusing, absurd = contracts.of("erc20")[3:6]
    assert bytes.fromhex(said(long_node, old, "symbol()")[2:]) == b"MKR".ljust(
        32, b"\0"
    )
    reverted = {"code": -32000, "message": "execution reverted"}
    assert said(long_node, refusing, "symbol()") == reverted
    assert said(long_node, absurd, "decimals()") == hex(2**256 - 1)
    (collectible,) = contracts.of("erc721")
    assert said(long_node, collectible, "decimals()") == reverted
    assert said(long_node, bytes(20), "symbol()") == "0x"
