"""The bodies of a node's blocks fetched and thrown away, in a process of its own."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import orjson
import requests

from pipelines.sources.evm_node.node_connection import REQUESTS_AT_ONCE
from tests.bench.child import Facts, answer

BLOCKS = 20  # of a request
KEPT = threading.local()  # a connection for each thread


def measure(asked: Facts) -> Facts:
    """Fetch blocks and their receipts; how many bytes they are."""
    parts = [
        (asked["url"], method, range(at, min(at + BLOCKS, asked["blocks"])))
        for at in range(0, asked["blocks"], BLOCKS)
        for method in ("eth_getBlockByNumber", "eth_getBlockReceipts")
    ]
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        return {"bytes": sum(pool.map(_fetched, parts))}


def _fetched(part: tuple[str, str, Sequence[int]]) -> int:
    url, method, numbers = part
    if not hasattr(KEPT, "session"):
        KEPT.session = requests.Session()
        KEPT.session.trust_env = False
    whole = [True] if method == "eth_getBlockByNumber" else []
    calls = [
        {"jsonrpc": "2.0", "id": n, "method": method, "params": [hex(n), *whole]}
        for n in numbers
    ]
    body = orjson.dumps(calls)
    told = KEPT.session.post(url, body, headers={"Content-Type": "application/json"})
    told.raise_for_status()
    return len(told.content)


if __name__ == "__main__":
    answer(measure)
