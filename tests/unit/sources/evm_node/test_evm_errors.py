"""What nodes and providers say in errors, told apart by the table."""

import pytest
from pydantic import SecretStr

from pipelines.sources.evm_node.redaction import Redaction
from pipelines.sources.evm_node.rpc_errors import RULES, meaning_of, rpc_error

KEY = "a1B2c3D4e5F6g7H8"

SAID = [
    (-32005, "query returned more than 10000 results", 200, "too_many_results"),
    (-32005, "project ID request rate exceeded", 429, "rate"),
    (-32005, "project ID request rate exceeded", 200, "rate"),
    (-32005, "daily request count exceeded, request rate limited", 429, "quota"),
    (402, "Payment Required", 402, "quota"),
    (-33000, "Payment Required", 200, "quota"),
    (None, "HTTP status 402", 402, "quota"),
    (429, "Monthly capacity limit exceeded. Visit the dashboard", 429, "quota"),
    (-32602, "Log response size exceeded. You can make", 200, "too_many_results"),
    (429, "Your app has exceeded its compute units per second capacity", 429, "rate"),
    (-32007, "50/second request limit reached", 200, "rate"),
    (None, "credits limited to 500/sec", 200, "rate"),
    (None, "HTTP status 429", 429, "rate"),
    (-32000, "Too many requests, try later", 200, "rate"),
    (-32614, "eth_getLogs is limited to a 10,000 range", 413, "range"),
    (None, "eth_getLogs is limited to a 10,000 range", 413, "range"),
    (-32600, "block range is too wide", 200, "range"),
    (-32603, "requested block range is too large", 200, "range"),
    (-32600, "batch too large", 200, "batch"),
    (-32000, "batch limit 100 exceeded: 120 requests given", 200, "batch"),
    (-32600, "batch requests are not supported", 400, "batch"),
    (-32003, "response too large", 200, "too_large"),
    (None, "HTTP status 413", 413, "too_large"),
    (-32002, "request timed out", 200, "timeout"),
    (-32601, "the method eth_getBlockReceipts does not exist", 200, "method_absent"),
    (-32004, "Method not supported", 200, "method_absent"),
    (-32600, "method eth_getBlockReceipts is not available", 403, "method_absent"),
    (4444, "pruned history unavailable", 200, "pruned"),
    (-32000, "missing trie node 5f2d", 200, "pruned"),
    (-32000, "hash is not currently canonical", 200, "reorganised"),
    (-32000, "header not found", 200, "not_yet"),
    (-32000, "unknown block", 200, "not_yet"),
    (-32001, "Resource not found", 200, "not_yet"),
    (-32602, "invalid argument 0: hex number > 64 bits", 200, "parameters"),
    (None, "HTTP status 401", 401, "unauthorised"),
    (3, "execution reverted: daily request count exceeded", 200, "reverted"),
    (-32015, "VM execution error.", 200, "reverted"),
    (-32000, "Execution reverted", 200, "reverted"),
    (-32000, "invalid opcode: opcode 0xfe not defined", 200, "reverted"),
    (-32000, "out of gas", 200, "reverted"),
    (-32603, "Internal error", 200, "failed"),
    (None, "HTTP status 502", 502, "failed"),
]


@pytest.mark.parametrize(("code", "message", "status", "meaning"), SAID)
def test_an_error_means_what_its_sender_says(code, message, status, meaning):
    assert meaning_of(code, message, status) == meaning


def test_every_rule_is_needed_for_an_error_that_was_seen():
    used = set()
    for code, message, status, _ in SAID:
        fits = (n for n, r in enumerate(RULES) if r.fits(code, message, status))
        used.add(next(fits, None))
    assert [rule for n, rule in enumerate(RULES) if n not in used] == []
    assert all(rule.source.startswith("https://") for rule in RULES)


@pytest.mark.parametrize(
    "said",
    [
        None,
        "no",
        7,
        [],
        {"code": "x", "message": None},
        {"code": True, "message": ["a"]},
        {"message": {"code": 1}},
    ],
)
def test_whatever_stands_for_an_error_is_one(said):
    found = rpc_error(said, lambda text: text)
    assert found.meaning == "failed"
    assert found.message
    assert found.code is None


ADDRESSES = [
    f"https://eth.example/v2/{KEY}",
    f"https://{KEY}@eth.example/",
    f"https://user:{KEY}@eth.example:8545/rpc",
    f"https://eth.example/rpc?apikey={KEY}",
    f"https://{KEY}.eth.example/rpc",
    f"https://eth.example/{KEY}%2Fmore/",
]


@pytest.mark.parametrize("url", ADDRESSES)
def test_nothing_of_an_address_is_left_in_a_text(url):
    redacted = Redaction(SecretStr(url))
    for text in (url, f"no such project {KEY}", f"key={KEY.lower()};", f"({KEY})"):
        shown = redacted(f"eth_call: {text} is wrong")
        assert KEY.lower() not in shown.lower()
        assert shown.startswith("eth_call: ")
        assert shown.endswith(" is wrong")


def test_a_login_is_not_left_in_the_form_in_which_it_is_sent():
    redacted = Redaction(SecretStr("https://user:hunter22@eth.example/rpc"))
    assert redacted("Basic dXNlcjpodW50ZXIyMg== refused") == "Basic … refused"


def test_words_that_every_address_has_stay():
    redacted = Redaction(SecretStr(f"https://eth.example/v2/rpc/{KEY}"))
    assert redacted("the method eth_call of v2 rpc") == "the method eth_call of v2 rpc"
