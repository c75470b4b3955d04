"""Blocks of a real node to bronze, beside their bodies fetched and thrown away."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from web3 import Web3

from pipelines.local.service import UnavailableError
from tests.bench import blocks, child
from tests.bench.blocks import HEADING, PLAIN, PROVED, Way
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Cell, Table
from tests.services import npm_packages
from tests.services.anvil import MOST, TIP, Anvil, running
from tests.services.contracts import compiled

CHAIN = "anvil"
FETCHED = "nowhere: fetched alone"
SENT = 40  # transactions of a block
SUPPLY = 10**30
TRANSFER = Web3.keccak(text="transfer(address,uint256)")[:4]
NOTE = (
    f"{SENT} transfers of an ERC-20 a block, on Foundry's anvil, which mined them"
    " before and shares the cores. *Fetched alone*: the same two calls for each block,"
    " in batches, by as many connections as a process of the load has, each body read"
    " and left. Runs, *seconds beyond them* and *CPU* are as those of prepared blocks;"
    " *times as long* is the seconds beyond them over those of fetching alone."
)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """What the load takes, and what the node's answers take of it."""
    count = options.anvil_blocks
    ways: dict[str, Way] = {
        FETCHED: _fetched,
        PLAIN: partial(blocks.bronze, is_proved=False, chain=CHAIN),
        PROVED: partial(blocks.bronze, is_proved=True, chain=CHAIN),
    }
    title = "Blocks of a node to bronze, medians"
    heading = (*HEADING[:6], "times as long", *HEADING[6:])
    try:
        packages = npm_packages.installed()
    except UnavailableError as error:
        nothing = ("not measured", 0, 0, *[None] * 6)
        yield Table(title, heading, [nothing], (str(error),))
        return
    with server.database("bench_anvil"), running(packages, folder) as node:
        token = Token(node, packages)
        while node.head < count:
            token.transfer(SENT)
            node.mine()
        say(f"anvil has {count:,} blocks")
        asked = (node.url, count, folder)
        trees = (server.pid, node.pid)
        found = blocks.taking_turns(ways, asked, trees, options.repeats)
    yield Table(title, heading, longer(found, count), (NOTE,))


def longer(found: blocks.Found, count: int) -> list[tuple[Cell, ...]]:
    """The figures of each way, with its seconds as a multiple of those of fetching."""
    return [
        (*row[:6], 1 / row[6] if isinstance(row[6], float) else None, *row[7:])
        for row in blocks.lines(found, count, SENT, FETCHED)
    ]


def _fetched(url: str, count: int, _: Path) -> object:
    return child.run("tests.bench.fetching_child", {"url": url, "blocks": count})


class Token:
    """An ERC-20 on a node, of which one has all whose key the node itself holds."""

    def __init__(self, node: Anvil, packages: Path) -> None:
        coin = compiled(packages)["Coin"]
        self._node = node
        self._owner = Web3.to_checksum_address(node.call("eth_accounts")[0])
        own = node.send(0, None, coin.bytecode)
        node.mine()
        receipt = node.call("eth_getTransactionReceipt", own)
        self.address = str(receipt["contractAddress"])
        node.send(0, self.address, coin.encoded("mint", self._owner, SUPPLY))
        node.mine()
        self._nonce = 0

    def transfer(self, count: int) -> None:
        """Hand so many transfers in, each to another address."""
        known = {
            "from": self._owner,
            "to": Web3.to_checksum_address(self.address),
            "gas": hex(100_000),
            "maxFeePerGas": hex(MOST),
            "maxPriorityFeePerGas": hex(TIP),
        }
        nonces = range(self._nonce, self._nonce + count)
        self._nonce += count
        amount = (1).to_bytes(32)
        data = {n: f"0x{(TRANSFER + n.to_bytes(32) + amount).hex()}" for n in nonces}
        each = [[{**known, "nonce": hex(n), "data": data[n]}] for n in nonces]
        self._node.batch("eth_sendTransaction", each)
