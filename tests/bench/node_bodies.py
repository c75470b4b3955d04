"""A node whose answers were made before, so that to serve them costs next to nothing.

`python -m tests.bench.node_bodies BLOCKS` prints its address when all of them are made,
and serves until it is ended. They are signed, hash to their headers, and are linked.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import orjson

from pipelines.settings import PROJECT_DIR, child_environment
from tests.fakes.evm_blocks import moved
from tests.fakes.evm_readings import block_of

# of a block of Ethereum most are of types 2 and 0, and have two logs
KINDS = (0,) * 30 + (2,) * 110 + (1,) * 4 + (3,) * 3 + (4,) * 3
LOGS = 2
SIGNED = 30  # blocks; the others have their transactions again, at 2 % of the time
NO_METHOD = b'{"code":-32601,"message":"method not found"}'
Key = tuple[object, ...]  # a method, and what it is asked for
TAGS = ("latest", "safe", "finalized")


def made(count: int) -> Iterator[tuple[Any, list[Any]]]:
    """Blocks from number 0 on with their receipts."""
    parent = bytes(32)
    signed: list[tuple[Any, list[Any]]] = []
    for number in range(count):
        if number < SIGNED:
            block, receipts = block_of(number, kinds=KINDS, logs=LOGS, parent=parent)
            signed.append((block, receipts))
        else:
            same = signed[number % SIGNED]
            block, receipts = moved(*same, number=number, parent=parent)
        yield block, receipts
        parent = bytes.fromhex(block["hash"][2:])


def bodies(count: int) -> dict[Key, bytes]:
    """The results of the calls that are answered."""
    found: dict[Key, bytes] = {("eth_chainId",): b'"0x1"'}
    for block, receipts in made(count):
        hashes = [one["hash"] for one in block["transactions"]]
        header = orjson.dumps({**block, "transactions": hashes})
        for name in (block["number"], *TAGS):
            found["eth_getBlockByNumber", name, False] = header
        found["eth_getBlockByNumber", block["number"], True] = orjson.dumps(block)
        found["eth_getBlockReceipts", block["hash"]] = orjson.dumps(receipts)
        for receipt in receipts:
            own = receipt["transactionHash"]
            found["eth_getTransactionReceipt", own] = orjson.dumps(receipt)
    return found


class Answering(BaseHTTPRequestHandler):
    """Answers a call, or a batch of them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    results: ClassVar[Mapping[Key, bytes]] = {}

    def do_POST(self) -> None:
        """Put the prepared results together."""
        asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if isinstance(asked, list):
            body = b"[%s]" % b",".join(map(self._answer, asked))
        else:
            body = self._answer(asked)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, call: dict[str, Any]) -> bytes:
        key = (call["method"], *call["params"])
        result = self.results.get(key)
        what, value = (b"result", result) if result else (b"error", NO_METHOD)
        return b'{"jsonrpc":"2.0","id":%d,"%s":%s}' % (call["id"], what, value)


@contextmanager
def served(count: int) -> Iterator[tuple[str, int]]:
    """The address of a process that serves so many blocks, and its id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.node_bodies", str(count)],
        cwd=PROJECT_DIR,
        env=child_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = process.stdout.readline().strip() if process.stdout else ""
        if not url:
            raise RuntimeError("the node of prepared blocks did not start")
        yield url, process.pid
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    """Make the bodies, say where they are served, serve them."""
    Answering.results = bodies(int(sys.argv[1]))
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
