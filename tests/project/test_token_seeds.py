"""The seeds of tokens: a topic is its signature's hash, an address has its bytes."""

import csv
import re

import pytest

from pipelines.settings import PROJECT_DIR
from pipelines.sources.evm_node.keccak import keccak


def rows(name):
    with (PROJECT_DIR / "seeds" / f"{name}.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("row", rows("event_signatures"), ids=lambda row: row["event"])
def test_a_topic_is_the_hash_of_its_signature(row):
    assert row["topic0"] == f"\\x{keccak(row['signature'].encode()).hex()}"
    assert row["signature"].partition("(")[0] == row["event"]
    has_arrays = "[]" in row["signature"]
    words = str(row["signature"].count(",") + 1)
    assert row["words_count"] == ("" if has_arrays else words)


@pytest.mark.parametrize("name", ["event_signatures", "wrapped_natives"])
def test_each_row_has_its_source(name):
    assert all(row["source"].startswith("https://") for row in rows(name))


def test_wrapped_natives_have_addresses_of_20_bytes():
    found = rows("wrapped_natives")
    assert all(re.fullmatch(r"\\x[0-9a-f]{40}", row["address"]) for row in found)
    assert len({(row["chain_id"], row["address"]) for row in found}) == len(found)
