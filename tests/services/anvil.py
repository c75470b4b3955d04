"""Foundry's anvil: a node with a chain of its own, which mines when it is asked to.

https://getfoundry.sh/anvil/rpc-methods
"""

import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import requests
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions import base
from web3 import Web3

from pipelines.local import port as ports

CHAIN_ID = 31_337
OWNER: LocalAccount = Account.from_key(b"\1" * 32)
GRANTING: LocalAccount = Account.from_key(b"\2" * 32)
BALANCE = 10**24
GAS = 5_000_000
TIP, MOST = 10**9, 10**11
BLOB = bytes(131_072)
START_S = 60
# it is read three times for each blob transaction, at two seconds a time
base.load_trusted_setup = cache(base.load_trusted_setup)  # type: ignore[attr-defined]


class Anvil:
    """A node that runs; one account sends, so that what it sends is in this order."""

    def __init__(self, url: str, log: Path, pid: int) -> None:
        self.url = url
        self.pid = pid
        self.log = log
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy for loopback
        self._calls = 0

    def call(self, method: str, *params: Any) -> Any:
        """What a method returns."""
        self._calls += 1
        asked = {"jsonrpc": "2.0", "id": self._calls, "method": method}
        response = self._session.post(self.url, json={**asked, "params": params})
        answer = response.json()
        assert "result" in answer, f"{method}: {answer}"
        return answer["result"]

    def batch(self, method: str, each: Sequence[Sequence[Any]]) -> None:
        """Call a method with each of these parameters, by one request."""
        calls = [
            {"jsonrpc": "2.0", "id": n, "method": method, "params": params}
            for n, params in enumerate(each)
        ]
        for answer in self._session.post(self.url, json=calls).json():
            assert "result" in answer, f"{method}: {answer}"

    def answers(self, number: int) -> tuple[Any, Any]:
        """A block with its transactions, and the receipts of its hash."""
        block = self.call("eth_getBlockByNumber", hex(number), True)
        return block, self.call("eth_getBlockReceipts", block["hash"])

    @property
    def head(self) -> int:
        """The newest block's number."""
        return int(self.call("eth_blockNumber"), 16)

    def send(
        self, kind: int = 2, to: str | None = None, data: bytes = b"", **fields: Any
    ) -> str:
        """Hand a transaction of this type in; its hash. It waits for `mine`."""
        unsigned = {
            "chainId": CHAIN_ID,
            "nonce": self._nonce(OWNER),
            "gas": GAS,
            "data": data,
            **self._typed(kind),
            **({"to": Web3.to_checksum_address(to)} if to else {}),
            **fields,
        }
        blobs = [BLOB] if kind == 3 else None
        signed = OWNER.sign_transaction(unsigned, blobs=blobs)
        raw = f"0x{signed.raw_transaction.hex()}"
        return str(self.call("eth_sendRawTransaction", raw))

    def mine(self, count: int = 1) -> None:
        """Mine blocks; the first has all that waits."""
        self.call("anvil_mine", hex(count))

    def reorg(self, depth: int, pairs: Sequence[tuple[str, int]] = ()) -> None:
        """Mine the last blocks anew, with what the pairs put into which of them."""
        self.call("anvil_reorg", depth, pairs)

    def rollback(self, depth: int) -> None:
        """Forget the last blocks."""
        self.call("anvil_rollback", depth)

    def _nonce(self, account: LocalAccount) -> int:
        sent = self.call("eth_getTransactionCount", account.address, "pending")
        return int(sent, 16)

    def _typed(self, kind: int) -> dict[str, Any]:
        """What a transaction of this type has and others do not."""
        if not kind:
            return {"gasPrice": MOST}
        access = [{"address": OWNER.address, "storageKeys": ["0x" + "01" * 32]}]
        fields: dict[str, Any] = {"type": kind, "accessList": access}
        if kind == 1:
            return fields | {"gasPrice": MOST}
        fields |= {"maxFeePerGas": MOST, "maxPriorityFeePerGas": TIP}
        if kind == 3:
            fields["maxFeePerBlobGas"] = MOST
        if kind == 4:
            grant = {"chainId": CHAIN_ID, "address": OWNER.address}
            nonce = {"nonce": self._nonce(GRANTING)}
            signed = GRANTING.sign_authorization(grant | nonce)
            fields["authorizationList"] = [signed]
        return fields


@contextmanager
def running(packages: Path, folder: Path, *options: str) -> Iterator[Anvil]:
    """A node with an empty chain; it ends with the block."""
    (binary,) = packages.glob("@foundry-rs/anvil-*/bin/anvil")
    port = ports.choose(f"anvil {folder}")
    log = folder / "anvil.log"
    words = ("--no-mining", "--order", "fifo", "--hardfork", "prague", *options)
    where = ("--host", ports.HOST, "--port", str(port))
    with log.open("ab") as output:
        process = subprocess.Popen(
            [binary, *where, *words], cwd=folder, stdout=output, stderr=output
        )
    try:
        node = Anvil(f"http://{ports.HOST}:{port}", log, process.pid)
        _wait_for(node, process)
        for account in (OWNER, GRANTING):
            node.call("anvil_setBalance", account.address, hex(BALANCE))
        yield node
    finally:
        process.send_signal(signal.SIGKILL)  # it holds nothing that it should write
        process.wait()


def _wait_for(node: Anvil, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while True:
        with suppress(requests.ConnectionError):
            node.call("eth_chainId")
            return
        said = node.log.read_text(errors="replace")[-2000:]
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.05)
