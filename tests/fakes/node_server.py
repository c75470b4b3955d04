"""A node over HTTP whose answers a test gives, call by call or request by request."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = Callable[[str, list[Any]], Any]
Refusal = tuple[int, dict[str, str], Any]  # status, headers, body
BLOCK = "eth_getBlockByNumber"


class NodeError(Exception):
    """An error in place of a call's result."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message}


def absent(method: str, _: list[Any]) -> Any:
    raise NodeError(-32601, f"the method {method} does not exist/is not available")


@dataclass
class Node:
    """A node.

    Attributes:
        methods: by name, what is answered to a call's parameters.
        refuse: looks at the calls of a request before they are answered.
        requests: the calls of each request that came.
        key: what its address ends with; its errors repeat it.
    """

    methods: dict[str, Callable[..., Any]] = field(default_factory=dict)
    refuse: Callable[[Sequence[dict[str, Any]]], Refusal | None] = lambda _: None
    requests: list[list[dict[str, Any]]] = field(default_factory=list)
    key: str = "key-of-a-provider"

    @property
    def calls(self) -> Counter[str]:
        """How often each method was called."""
        return Counter(call["method"] for calls in self.requests for call in calls)

    def answer(self, body: bytes) -> Refusal:
        said = json.loads(body)
        calls = said if isinstance(said, list) else [said]
        self.requests.append(calls)
        refused = self.refuse(calls)
        if refused is not None:
            return refused
        answers = [self._answer(call) for call in calls]
        return 200, {}, answers if isinstance(said, list) else answers[0]

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        method, params = call["method"], call["params"]
        shape = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            run = self.methods.get(method, lambda *_: absent(method, params))
            return {**shape, "result": run(*params)}
        except NodeError as error:
            message = f"{error.error['message']} ({self.key})"
            return {**shape, "error": {**error.error, "message": message}}


@contextmanager
def serving(node: Node) -> Iterator[str]:
    """Its address, with the key in it, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each body waits 40 ms

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            status, headers, said = node.answer(self.rfile.read(length))
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            if headers.get("Connection") == "close":
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v2/{node.key}"
    finally:
        server.shutdown()
        server.server_close()


def recorded_node(folder: Path) -> Node:
    """A node that has what was recorded of Ethereum, and nothing else.

    Its newest block is the highest one; receipts are had singly alone.
    """
    blocks, receipts = {}, {}
    for path in sorted(folder.rglob("web3_response.*.json")):
        method, told = path.name.split(".")[1].split("_0x")
        result = json.loads(path.read_text())["result"]
        if method == BLOCK:
            blocks[f"0x{told.split('_')[0]}"] = result
        elif method == "eth_getTransactionReceipt":
            receipts[f"0x{told}"] = result
    newest = max(blocks, key=lambda number: int(number, 16))
    named = {**blocks, "latest": blocks[newest]}
    return Node(
        {
            "eth_chainId": lambda: "0x1",
            "eth_blockNumber": lambda: newest,
            BLOCK: lambda number, _: named.get(number),
            "eth_getTransactionReceipt": receipts.get,
        }
    )


def bare_node(node: Node, receipts: str, numbers: Iterable[int]) -> Node:
    """A node that has these blocks of another one, by number, and their receipts.

    `receipts`: the one method by which it gives them.
    """
    known = set(map(hex, numbers))
    whole = node.methods[BLOCK]

    def by_number(block: str, full: bool) -> Any:
        return whole(block, full) if block in known else None

    return Node({BLOCK: by_number, receipts: node.methods[receipts]})
