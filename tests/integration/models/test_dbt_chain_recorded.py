"""Recorded blocks of Ethereum, from bronze to gold, field by field."""

import csv
import json

import pytest
from psycopg.rows import dict_row

from pipelines import bootstrap, warehouse
from pipelines.settings import PROJECT_DIR
from tests.contents.transform import Transform
from tests.fakes.node_server import bare_node, recorded_node
from tests.integration.models.test_dbt_histories import select
from tests.services.evm_loads import endpoints, loaded, patient

SPANS = [(483_920, 483_921), (1_755_634, 1_755_636), (47_218, 47_220)]
OF_BLOCK = {
    "number": "block_number",
    "hash": "block_hash",
    "size": "size_bytes",
    "transaction_count": "transactions_count",
}
OF_TRANSACTION = {
    "hash": "transaction_hash",
    "value": "value_raw",
    "gas": "gas_limit",
    "receipt_root": "state_root",
    "receipt_l1_fee": "l1_fee_raw",
}
OF_RECEIPT = {"root": "state_root", "l1_fee": "l1_fee_raw"}
OF_TRANSFER = {"value": "amount_raw"}
# what other than the block's own has no column
DERIVED = {"type", "item_id", "item_timestamp"}


HEADS_NAMED = """
select count(*) from bronze_evm.heads where tag = 'latest'
and request_id not in (select request_id from bronze_evm.blocks)
"""
RECEIPTS = "eth_getTransactionReceipt"


def node_like(said, folder):
    """What was recorded, by a node that says something of its head, or nothing."""
    node = recorded_node(folder)
    if said == "its newest":
        return node
    numbers = [number for span in SPANS for number in range(*span)]
    bare = bare_node(node, RECEIPTS, numbers)
    if said == "a number":
        bare.methods["eth_blockNumber"] = lambda: hex(24_000_000)
    return bare


@pytest.fixture(params=["its newest", "a number", "nothing"])
def gold(request, built_database, recorded, monkeypatch):
    """Blocks, transactions and transfers as analysts read them."""
    bootstrap.apply(**built_database, seeds=PROJECT_DIR / "seeds")
    patient(built_database)
    node = node_like(request.param, recorded / "chain" / "mainnet")
    with endpoints(monkeypatch, [node]):
        for span in SPANS:
            loaded(*span)
    Transform().rerun("run", "--select", "int_blocks_read+ int_heads_confirmed+")
    found = {}
    with warehouse.connect("analyst", "test") as connection:
        for mart in ("blocks", "transactions", "token_transfers"):
            cursor = connection.cursor(row_factory=dict_row)
            rows = cursor.execute(
                f"select *, extract(epoch from block_at)::bigint as timestamp"
                f" from gold.fct_{mart}"
            ).fetchall()
            found[mart] = rows
    return found


def test_a_node_that_names_no_head_tells_how_far_the_chain_has_grown(
    built_database, recorded, monkeypatch
):
    bootstrap.apply(**built_database, seeds=PROJECT_DIR / "seeds")
    patient(built_database)
    folder = recorded / "chain" / "mainnet"
    of_before = bare_node(recorded_node(folder), RECEIPTS, range(47_218, 47_220))
    of_before.methods["eth_blockNumber"] = lambda: hex(47_219)
    with endpoints(monkeypatch, [of_before]):
        loaded(47_218, 47_220)
    with endpoints(monkeypatch, [node_like("nothing", folder)]):
        for span in ((1_755_634, 1_755_636), (483_920, 483_921)):
            loaded(*span)
    Transform().rerun("run", "--select", "int_blocks_read+ int_heads_confirmed+")
    numbers = select("select block_number from gold.fct_blocks order by 1")
    assert numbers == [(47_218,), (47_219,), (483_920,), (1_755_634,), (1_755_635,)]
    assert select(HEADS_NAMED) == [(2,)]  # the lower blocks are no news of the head


def as_text(value):
    return "" if value is None or value == [] else str(value)


def told(folder, kind):
    """The rows of each file of expected ones."""
    for path in sorted(folder.glob(f"*/expected_{kind}.*")):
        lines = path.read_text().splitlines()
        yield from (
            csv.DictReader(lines)
            if path.suffix == ".csv"
            else [json.loads(line) for line in lines if line]
        )


def compared(expected, rows, names):
    """How many fields of the expected rows are in gold, each as it is told."""
    count = 0
    for wanted in expected:
        fields = {
            names.get(name, name.removeprefix("receipt_")): as_text(value)
            for name, value in wanted.items()
            if name not in DERIVED
        }
        fields["timestamp"] = fields.pop("block_timestamp", fields.get("timestamp"))
        if fields["timestamp"] is None:
            del fields["timestamp"]
        assert fields in [{name: as_text(row[name]) for name in fields} for row in rows]
        count += len(fields)
    return count


@pytest.mark.slow
def test_every_expected_field_of_recorded_blocks_is_in_gold(gold, recorded):
    folder = recorded / "chain" / "mainnet"
    count = compared(told(folder, "blocks"), gold["blocks"], OF_BLOCK)
    count += compared(
        told(folder, "transactions"), gold["transactions"], OF_TRANSACTION
    )
    count += compared(told(folder, "receipts"), gold["transactions"], OF_RECEIPT)
    # of those of logs.csv no block was recorded
    transfers = [row for row in told(folder, "token_transfers") if "block_hash" in row]
    count += compared(transfers, gold["token_transfers"], OF_TRANSFER)
    print(f"{count} fields compared")
    assert len(gold["blocks"]) == 5
    assert len(transfers) == 1
    assert {row["block_number"]: row["proof_level"] for row in gold["blocks"]} == {
        47_218: "unproven",
        47_219: "unproven",
        483_920: "standard",
        1_755_634: "standard",
        1_755_635: "standard",
    }
    check_fees(gold)


def check_fees(gold):
    """Before London all that a transaction pays is a tip."""
    by_number = {row["block_number"]: row for row in gold["blocks"]}
    for number in (483_920, 1_755_634, 1_755_635):
        rows = [r for r in gold["transactions"] if r["block_number"] == number]
        fees = [row["gas_used"] * row["gas_price"] for row in rows]
        block = by_number[number]
        assert block["fees_raw"] == block["tips_raw"] == sum(fees)
        assert (
            block["burnt_raw"] == block["base_fees_raw"] == block["blob_fees_raw"] == 0
        )
        assert [row["fee_raw"] for row in rows] == fees
        assert len(rows) == block["transactions_count"]
    assert by_number[47_218]["fees_raw"] is None
