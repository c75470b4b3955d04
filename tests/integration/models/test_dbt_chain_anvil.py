"""Gold is the chain that a real node has, after its reorganisations and rollbacks."""

import random

import pytest
from web3 import Web3

from pipelines import bootstrap
from pipelines.settings import PROJECT_DIR
from pipelines.sources.evm_node.answers import whole_block
from tests.contents.transform import Transform
from tests.histories.token_history import ALL_KINDS, TokenHistory
from tests.integration.models.test_dbt_chain_histories import EVERYTHING
from tests.integration.models.test_dbt_histories import select
from tests.services.anvil import CHAIN_ID
from tests.services.evm_loads import bronze, loaded
from tests.soak import seeds, times

CHAIN = "anvil"
STEPS = times(60, 12)
MAX_DEPTH = 4
KINDS = [
    kind for kind in ALL_KINDS if kind != 3
]  # its root is wrong: see test_evm_anvil
GOLD = {
    "blocks": "select block_number, block_hash from gold.fct_blocks order by 1",
    "transactions": """
        select block_number, transaction_index, transaction_hash, block_hash
        from gold.fct_transactions order by 1, 2
    """,
    "transfers": """
        select block_number, log_index, transfer_index, token_address, from_address,
            to_address, token_id, amount_raw
        from gold.fct_token_transfers order by 1, 2, 3
    """,
}


class Story:
    """A node whose chain is written, mined anew, shortened, and read in between."""

    def __init__(self, node, tokens, rng):
        self.node, self.rng = node, rng
        self.history = TokenHistory(node, tokens)
        self.history.deploy()
        self.first = node.head  # the tokens stay
        self.rounds = 0
        self.transform = Transform()

    def play(self):
        self.rounds += 1
        self.history.play(1_000 * self.rounds, KINDS)

    def pay(self):
        self.history.pay(self.rng.randint(1, 9))
        self.node.mine(self.rng.randint(1, 3))

    def reorg(self):
        """Some of what gives way stands on the new branch, in another block."""
        if depth := self._depth():
            pairs = []
            for place in range(depth):
                block, _ = self.node.answers(self.node.head - depth + 1 + place)
                for transaction in block["transactions"][:1]:  # its nonce fits
                    raw = self.node.call(
                        "eth_getRawTransactionByHash", transaction["hash"]
                    )
                    pairs.append((raw, self.rng.randrange(place, depth)))
            self.node.reorg(depth, pairs[:1] if self.rng.random() < 0.5 else [])

    def rollback(self):
        if depth := self._depth():
            self.node.rollback(depth)

    def load(self):
        loaded(chain=CHAIN)

    def build(self):
        self.transform.rerun("run", "--select", EVERYTHING)

    def _depth(self):
        return min(self.node.head - self.first, self.rng.randint(1, MAX_DEPTH))


def expected(story):
    """The node's blocks, transactions and transfers, by web3's reading of its logs."""
    rows: dict[str, list] = {name: [] for name in GOLD}
    names = {a.lower(): n for n, a in story.history.addresses.items()}
    for number in range(story.node.head + 1):
        block = whole_block(CHAIN_ID, *story.node.answers(number))
        own = hexed(block.header.block_hash)
        rows["blocks"].append((number, own))
        for row in block.transactions:
            place = (number, row.transaction_index)
            rows["transactions"].append((*place, hexed(row.transaction_hash), own))
        for log in story.node.call("eth_getLogs", {"blockHash": own}):
            abi = story.history.contracts[names[log["address"]]].abi
            rows["transfers"] += transfers(Web3().eth.contract(abi=abi), log)
    return rows


def transfers(contract, log):
    """The transfers of an event: as many as it has items."""
    for event in contract.events:
        if Web3.keccak(text=event.signature).hex() == log["topics"][0][2:]:
            args = event().process_log(web3_log(log))["args"]
            break
    if "spender" in args:
        return
    one = args.get("id", args.get("tokenId"))
    ids = args.get("ids", [one])
    amounts = args.get("values", [args.get("value", 1)])
    for item, (token_id, amount) in enumerate(zip(ids, amounts, strict=True)):
        parties = (args["from"].lower(), args["to"].lower())
        place = (int(log["blockNumber"], 16), int(log["logIndex"], 16), item)
        yield (*place, log["address"], *parties, token_id, amount)


def web3_log(log):
    """An answer's log, as web3 has its logs."""
    numbers = ("blockNumber", "logIndex", "transactionIndex")
    data = {"topics": [bytes.fromhex(t[2:]) for t in log["topics"]]}
    return {**log, **data, **{name: int(log[name], 16) for name in numbers}}


def hexed(data):
    return f"0x{data.hex()}"


@pytest.fixture
def node(anvil_running, tmp_path, monkeypatch):
    """A node that runs, and is the chain's endpoint."""
    with anvil_running(tmp_path) as started:
        monkeypatch.setenv("BULLION_ANVIL_RPC_URLS", started.url)
        yield started


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(12, 1)))
def test_gold_is_the_nodes_chain_after_reorganisations_and_rollbacks(
    built_database, node, tokens, seed
):
    print(f"seed {seed}")
    bootstrap.apply(**built_database, seeds=PROJECT_DIR / "seeds")
    rng = random.Random(seed)
    story = Story(node, tokens, rng)
    loaded(0, node.head + 1, CHAIN)
    steps = [story.play, story.pay, story.reorg, story.rollback]
    for _ in range(STEPS):
        rng.choice(steps)()
        for follow in (story.load, story.build):
            if rng.random() < 0.6:
                follow()
    story.play()
    story.load()
    story.build()
    now = expected(story)
    assert {name: select(query) for name, query in GOLD.items()} == now

    ever = {own for (own,) in bronze("transactions", "transaction_hash")}
    gone = {hexed(own) for own in ever} - {row[2] for row in now["transactions"]}
    dropped = "select unnest(dropped_transactions) from gold.fct_reorgs"
    assert gone <= {own for (own,) in select(dropped)}
    print(f"{len(now['blocks'])} blocks, {len(gone)} transactions dropped")
