"""The chains and their endpoints: rows like any other of the configuration."""

import csv
from typing import get_args

import psycopg
import pytest

from pipelines import bootstrap
from pipelines.config.model import ChainEndpointChoice, Lack, RpcProvider
from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR
from tests.contents.roles import acting, run
from tests.histories.config_choices import bullion, told

SEEDS = PROJECT_DIR / "seeds"
SECRET = "correct-horse-battery"
ADD = "insert into config.chain_endpoints (chain, endpoint, list_position) values "


def test_what_the_tables_say_of_chains_is_what_the_seeds_say(seeded):
    found, seeds = configuration(), configuration(SEEDS)
    assert found.chains == seeds.chains
    assert found.chain_endpoints == seeds.chain_endpoints


def test_a_warehouse_that_was_filled_before_takes_the_chains_in_by_an_import(seeded):
    run(seeded, "operator", "delete from config.chain_endpoints")
    run(seeded, "operator", "delete from config.chains")
    bootstrap.apply(**seeded, seeds=SEEDS)
    assert configuration().chains == {}
    told("import")
    assert configuration().chains == configuration(SEEDS).chains


def test_a_chain_and_its_endpoint_are_added_changed_and_removed_by_commands(seeded):
    (row,) = told("add", "chains", "linea", "chain_id=59144", "block_time_s=2")
    assert row["finality"] == "tags"
    told("add", "chain_endpoints", "linea", "main", "provider=infura")
    told("set", "chain_endpoints", "linea", "main", "lacks=tags batches")
    found = configuration()
    assert found.chains["linea"].chain_id == 59_144
    assert found.chain_endpoints[-1] == ChainEndpointChoice(
        "linea", "main", provider="infura", lacks=("batches", "tags")
    )
    done = bullion("remove", "chains", "linea")
    assert "linea still has endpoints: main. Remove them first" in done.stderr
    told("remove", "chain_endpoints", "linea", "main")
    told("remove", "chains", "linea")
    assert "linea" not in configuration().chains


REFUSED = [
    (
        "insert into config.chains (chain, chain_id) values ('Big-Chain', 7)",
        (
            "a chain is named by small letters, digits and _ between them, not"
            " 'Big-Chain'"
        ),
    ),
    (
        "insert into config.chains (chain, chain_id) values ('other', 1)",
        "chain_id 1 is that of ethereum",
    ),
    (
        "update config.chains set chain_id = 0 where chain = 'base'",
        "chain_id 0 of base is not above 0",
    ),
    (
        "update config.chains set block_time_s = 0 where chain = 'base'",
        "block_time_s 0.000 of base is no number of seconds above 0",
    ),
    (
        "update config.chains set finality = 'deep' where chain = 'base'",
        "finality 'deep' of base is neither tags nor a number of blocks such as 64",
    ),
    (
        "update config.chains set proof_level = 'some' where chain = 'base'",
        "unknown proof level: 'some'; there are standard, full",
    ),
    (
        "update config.chains set budget_share = 2 where chain = 'base'",
        "budget_share 2.000000 of base is not above 0 and at most 1",
    ),
    (
        f"{ADD} ('nix', 'main', 1)",
        (
            "unknown chain: 'nix'; config.chains has anvil, arbitrum, base, bsc,"
            " ethereum, gnosis, optimism, polygon, sepolia"
        ),
    ),
    (
        f"{ADD} ('ethereum', 'https://node.example/{SECRET}', 2)",
        "an endpoint is named by small letters, digits and _",
    ),
    (
        f"{ADD} ('ethereum', 'second', 1)",
        "list_position 1 of ethereum is that of main",
    ),
    (
        "update config.chain_endpoints set provider = 'nobody'",
        "unknown provider: 'nobody'; there are alchemy, infura, own, quicknode",
    ),
    (
        "update config.chain_endpoints set lacks = '{logs}'",
        (
            "unknown lack: 'logs'; there are batches, block_receipts,"
            " receipts_by_hash, tags"
        ),
    ),
    (
        "update config.chain_endpoints set batch_size = 0",
        "batch_size 0 of main is not from 1 to 1000",
    ),
    (
        "update config.chain_endpoints set list_position = 0, units_per_day = -1",
        "list_position 0, units_per_day -1 of main: too low, or no number",
    ),
    (
        "update config.chain_endpoints set calls_per_second = 'NaN'",
        "calls_per_second NaN of main: too low, or no number",
    ),
]


@pytest.mark.parametrize(("statement", "sentence"), REFUSED)
def test_what_is_wrong_of_a_chain_is_refused_with_a_sentence(
    seeded, statement, sentence
):
    with (
        acting(seeded, "operator") as connection,
        pytest.raises(psycopg.IntegrityError) as refused,
    ):
        connection.execute(statement)
    assert refused.value.diag.message_primary == sentence
    assert SECRET not in str(refused.value).partition("CONTEXT")[0]


def test_the_providers_and_lacks_that_rows_may_name_are_those_of_this_release(database):
    for kind, words in (("provider", RpcProvider), ("lack", Lack)):
        ((known,),) = run(database, None, f"select config.known_words('{kind}')")
        assert tuple(known) == get_args(words)
    with (SEEDS / "rpc_method_units.csv").open() as file:
        assert {row["provider"] for row in csv.DictReader(file)} == {
            *get_args(RpcProvider)
        }
