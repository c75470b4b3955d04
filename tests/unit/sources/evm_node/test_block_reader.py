"""Whole blocks from an endpoint: receipts by hash, or however it has them."""

import pytest

from pipelines.errors import BadDataError, UpstreamError
from pipelines.sources.evm_node.answers import NotYetError
from pipelines.sources.evm_node.block_reader import BlockReader
from pipelines.sources.evm_node.fetching import BlockFetcher, is_proved
from pipelines.sources.evm_node.node_client import FEW
from pipelines.sources.evm_node.proofs import prove
from tests.fakes.evm_chain import Chain, node_of
from tests.fakes.node_clients import client_of
from tests.fakes.node_server import NodeError, Refusal, serving

CHAIN = Chain(8)
BLOCKS, SINGLE = "eth_getBlockReceipts", "eth_getTransactionReceipt"


def read(node, numbers=(1, 2, 5), **options):
    with serving(node) as url:
        client, _ = client_of(url, **options)
        return client, BlockReader(client).read(list(numbers), [])


def are_whole(answers):
    return [
        answer.reading is not None
        and answer.error is None
        and all(p.result != "failed" for p in prove(answer.reading.block))
        for answer in answers
    ]


def params(node, method):
    return [
        c["params"][0]
        for calls in node.requests
        for c in calls
        if c["method"] == method
    ]


def test_receipts_are_asked_by_block_hash_and_of_an_empty_block_not_at_all():
    node = node_of(CHAIN)
    client, answers = read(node)
    assert are_whole(answers) == [True] * 3
    assert params(node, BLOCKS) == [CHAIN.hashes[1], CHAIN.hashes[2]]
    assert client.lacks == set()
    assert [len(calls) for calls in node.requests] == [3, 2]


def test_an_endpoint_that_takes_numbers_alone_is_asked_by_number_from_then_on():
    node = node_of(CHAIN, has=("number",))
    with serving(node) as url:
        client, _ = client_of(url)
        reader = BlockReader(client)
        assert are_whole(reader.read([1, 2], [])) == [True] * 2
        assert client.lacks == {"receipts_by_hash"}
        node.requests.clear()
        assert are_whole(reader.read([3], [])) == [True]
    assert params(node, BLOCKS) == ["0x3"]


def test_an_endpoint_without_the_method_is_asked_for_single_receipts_from_then_on():
    node = node_of(CHAIN, has=("single",))
    with serving(node) as url:
        client, _ = client_of(url)
        reader = BlockReader(client)
        assert are_whole(reader.read([1, 2, 5], [])) == [True] * 3
        assert client.lacks == {"block_receipts"}
        node.requests.clear()
        assert are_whole(reader.read([3], [])) == [True]
    assert node.calls[BLOCKS] == 0
    assert node.calls[SINGLE] == 2


def test_what_a_row_says_that_it_lacks_is_not_tried():
    node = node_of(CHAIN, has=("single",))
    _, answers = read(node, lacks=("block_receipts",))
    assert are_whole(answers) == [True] * 3
    assert node.calls[BLOCKS] == 0


NOT_YET = {
    "null": lambda _: None,
    "none": lambda _: [],
    "too few": lambda receipts: receipts[:-1],
    "one is null": lambda receipts: [*receipts[:-1], None],
    "of another block": lambda receipts: [
        {**one, "blockHash": "0x" + "ab" * 32} for one in receipts
    ],
}


@pytest.mark.parametrize("how", NOT_YET)
def test_receipts_that_are_not_there_yet_leave_the_block_without(how):
    node = node_of(CHAIN)
    real = node.methods[BLOCKS]
    node.methods[BLOCKS] = lambda told: NOT_YET[how](real(told))
    node.methods[SINGLE] = lambda _: None
    _, answers = read(node, [1, 5])
    assert isinstance(answers[0].error, NotYetError)
    assert not answers[0].reading.block.has_receipts
    assert len(answers[0].reading.block.transactions) == 2
    assert are_whole(answers) == [False, True]


def test_what_a_node_does_not_know_and_answers_with_null_is_asked_another_way():
    node = node_of(CHAIN)
    node.methods[BLOCKS] = lambda _: None
    client, answers = read(node, [1, 5])
    assert are_whole(answers) == [True, True]
    assert client.lacks == set()  # a block that gave way is answered so as well


def test_a_way_that_fails_altogether_is_avoided_once_another_is_answered():
    node = node_of(CHAIN)
    refusal: Refusal = (500, {}, b"")
    node.refuse = lambda calls: refusal if calls[0]["method"] == BLOCKS else None
    with serving(node) as url:
        client, _ = client_of(url)
        reader = BlockReader(client)
        assert are_whole(reader.read([1, 2], [])) == [True] * 2
        # asked by number it would fail as it did by hash
        assert len([c for c in node.requests if c[0]["method"] == BLOCKS]) == FEW
        node.requests.clear()
        assert are_whole(reader.read([2], [])) == [True]
    assert node.calls[BLOCKS] == 0


def test_a_way_that_was_answered_before_is_not_avoided_for_a_failure():
    node = node_of(CHAIN)
    refusal: Refusal = (500, {}, b"")
    with serving(node) as url:
        reader = BlockReader(client_of(url)[0])
        reader.read([1], [])
        node.refuse = lambda calls: refusal if calls[0]["method"] == BLOCKS else None
        assert are_whole(reader.read([2], [])) == [True]
        node.refuse = lambda _: None
        node.requests.clear()
        assert are_whole(reader.read([1, 2], [])) == [True] * 2
    assert node.calls[BLOCKS] == 2


def test_a_method_of_which_each_call_fails_is_another_way_s():
    def fails(_):
        raise NodeError(-32603, "Internal error")

    node = node_of(CHAIN)
    node.methods[BLOCKS] = fails
    assert are_whole(read(node, [1, 2])[1]) == [True] * 2


def test_receipts_that_no_way_is_answered_for_are_the_endpoint_s_failure():
    node = node_of(CHAIN)
    refusal: Refusal = (500, {}, b"")
    node.refuse = lambda calls: refusal if "Receipt" in calls[0]["method"] else None
    with pytest.raises(UpstreamError, match="status 500"):
        read(node, [1, 2])


def test_that_a_node_has_one_way_alone_does_not_hide_that_it_answers_null():
    node = node_of(CHAIN)
    node.methods[BLOCKS] = lambda _: None
    del node.methods[SINGLE]
    _, (answer,) = read(node, [1])
    assert isinstance(answer.error, NotYetError)


def test_a_block_that_is_not_there_yet_or_another_is_none():
    node = node_of(CHAIN)
    real = node.methods["eth_getBlockByNumber"]
    node.methods["eth_getBlockByNumber"] = lambda told, full: real(
        "0x2" if told == "0x1" else told, full
    )
    _, (wrong, absent) = read(node, [1, 20])
    assert isinstance(wrong.error, BadDataError)
    assert "block 2 was answered for block 1" in str(wrong.error)
    assert isinstance(absent.error, NotYetError)
    assert wrong.reading is None
    assert absent.reading is None


def test_blocks_that_an_endpoint_has_pruned_are_not_asked_of_it_again():
    def pruned(told, _):
        raise NodeError(4444, "pruned history unavailable")

    node = node_of(CHAIN)
    node.methods["eth_getBlockByNumber"] = pruned
    other = node_of(CHAIN)
    with serving(node) as url, serving(other) as other_url:
        clients = [client_of(url)[0], client_of(other_url, name="other")[0]]
        fetcher = BlockFetcher(clients, "standard")
        assert fetcher.fetch([1, 2]).unproved == []
        assert fetcher.fetch([2]).unproved == []
    assert len(node.requests) == 1


def test_what_can_not_be_right_is_kept_without_the_address():
    def altered(block, _):
        block["gasLimit"] = "0xkey-of-a-provider"

    _, (answer,) = read(node_of(CHAIN, altered=altered), [1])
    assert isinstance(answer.error, BadDataError)
    assert "gasLimit" in str(answer.error)
    assert "0x…" in answer.refused
    assert "key-of-a-provider" not in f"{answer}"


def test_a_block_whose_proof_fails_is_read_from_another_endpoint():
    def altered(block, receipts):
        if block["number"] == "0x2":
            receipts[0]["logs"][0]["data"] = "0x" + "77" * 32

    first, second = node_of(CHAIN, altered=altered), node_of(CHAIN)
    with serving(first) as url, serving(second) as other_url:
        clients = [client_of(url)[0], client_of(other_url, name="other")[0]]
        fetched = BlockFetcher(clients, "full").fetch([1, 2, 3])
    assert fetched.unproved == []
    readings = [fetched.answers[n].reading for n in (1, 2, 3)]
    assert [r and r.sent.endpoint for r in readings] == ["main", "other", "main"]
    assert params(second, "eth_getBlockByNumber") == ["0x2"]
    (refused,) = fetched.refused
    assert refused.number == 2
    assert refused.reason.startswith("receipts_root: receipts_root is 0x")


def test_a_block_that_no_endpoint_has_right_stands_with_its_reason():
    def altered(block, _):
        block["transactions"][0]["input"] = "0x01"

    with serving(node_of(CHAIN, altered=altered)) as url:
        fetched = BlockFetcher([client_of(url)[0]], "standard").fetch([1])
    assert fetched.unproved == [1]
    reading = fetched.answers[1].reading
    assert reading is not None
    failed = [p.proof for p in reading.proofs if p.result == "failed"]
    assert failed == ["transactions_root"]
    assert not is_proved(fetched.answers[1])


def test_an_endpoint_that_does_not_answer_leaves_all_to_the_next():
    dead = client_of("http://127.0.0.1:1/", attempts=1, name="dead")[0]
    with serving(node_of(CHAIN)) as url:
        fetched = BlockFetcher([dead, client_of(url)[0]], "standard").fetch([1, 2])
        alone = BlockFetcher([dead], "standard").fetch([1])
    assert fetched.unproved == []
    assert "no answer: ConnectionError" in str(alone.answers[1].error)
    assert [row["endpoint"] for row in fetched.log] == ["dead", "main", "main"]
