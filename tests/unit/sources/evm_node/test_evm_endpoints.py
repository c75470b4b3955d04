"""A chain's endpoints: rows and addresses, what calls weigh and cost."""

import csv
from dataclasses import replace

import pytest

from pipelines.config.model import ChainEndpointChoice
from pipelines.config.rows import configuration
from pipelines.errors import SetupError
from pipelines.settings import PROJECT_DIR
from pipelines.sources.evm_node.block_reader import BLOCK
from pipelines.sources.evm_node.endpoints import endpoints_of
from pipelines.sources.evm_node.history_cost import cost, request_s
from pipelines.sources.evm_node.method_units import UNITS, units_of
from pipelines.sources.evm_node.receipt_reader import OF_BLOCK, SINGLE

SEEDS = configuration(PROJECT_DIR / "seeds")


def with_rows(*rows):
    chosen = [ChainEndpointChoice("ethereum", name, **row) for name, row in rows]
    return replace(SEEDS, chain_endpoints=chosen)


def names(config, chain="ethereum"):
    return [e.name for e in endpoints_of(config, chain)]


def test_addresses_are_asked_by_precedence_those_without_a_row_last(monkeypatch):
    monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", "http://a/1 http://a/2 http://a/3")
    config = with_rows(
        ("last", {"list_position": 1, "precedence": 5}),
        ("first", {"list_position": 3}),
        ("beyond", {"list_position": 9}),
    )
    assert names(config) == ["first", "last", "rpc_2"]
    first, *_ = endpoints_of(config, "ethereum")
    assert first.url.get_secret_value() == "http://a/3"
    assert first.origin == "ethereum/first"
    assert "http" not in repr(first)


def test_an_endpoint_that_is_off_is_not_asked(monkeypatch):
    monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", "http://a/1 http://a/2")
    off = ("main", {"list_position": 1, "is_enabled": False})
    assert names(with_rows(off)) == ["rpc_2"]
    with pytest.raises(SetupError, match="its endpoints are disabled"):
        endpoints_of(
            with_rows(off, ("two", {"list_position": 2, "is_enabled": False})),
            "ethereum",
        )


def test_a_chain_of_a_row_alone_has_endpoints_by_its_setting(monkeypatch):
    monkeypatch.setenv("BULLION_POLYGON_RPC_URLS", "http://a/1")
    assert names(SEEDS, "polygon") == ["rpc_1"]
    with pytest.raises(SetupError, match="set BULLION_BASE_RPC_URLS"):
        endpoints_of(SEEDS, "base")
    with pytest.raises(SetupError, match=r"unknown chain nix; config\.chains has"):
        endpoints_of(SEEDS, "nix")


def endpoint(monkeypatch, **row):
    monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", "http://a/1")
    (found,) = endpoints_of(with_rows(("main", row)), "ethereum")
    return found


def test_a_batch_weighs_what_its_provider_counts_of_a_second(monkeypatch):
    own = endpoint(monkeypatch)
    assert own.limits == {}
    assert own.weights(BLOCK, 10) == {}
    rated = endpoint(
        monkeypatch, provider="alchemy", calls_per_second=0.5, units_per_second=500
    )
    assert rated.weights(BLOCK, 10) == {"calls": 10, "units": 200}
    assert rated.weights(OF_BLOCK, 10) == {"calls": 10, "units": 5_000}
    assert rated.units(OF_BLOCK, 10) == 200
    for name, rate in (("calls", 0.5), ("units", 500)):
        limit = rated.limits[name]
        assert limit.weight >= rate * 10
        assert 0 < limit.per_second(1) <= rate
        assert limit.capacity(1) <= max(1, rate)


def test_every_method_that_is_called_has_units_of_every_provider():
    with UNITS.open() as file:
        rows = list(csv.DictReader(file))
    methods = {BLOCK, OF_BLOCK, SINGLE, "eth_chainId", "eth_blockNumber"}
    for provider in {row["provider"] for row in rows}:
        of_one = {row["method"] for row in rows if row["provider"] == provider}
        assert "*" in of_one or methods <= of_one
    assert units_of("infura", OF_BLOCK) == (1_000, 1_000)
    assert units_of("infura", BLOCK) == (80, 80)
    assert units_of("own", "anything") == (1, 1)
    assert all(row["read_on"] >= "2026-01-01" for row in rows)


def test_a_days_history_is_priced_and_told_whether_it_fits(monkeypatch):
    free = endpoint(
        monkeypatch, provider="infura", units_per_day=3_000_000, units_per_second=500
    )
    assert cost(free, 7_200) == (
        "ethereum/main: 14,400 calls, 7,776,000 units; 3 days of 3,000,000"
    )
    assert cost(free, 100).endswith("108,000 units; fits a day's 3,000,000")
    assert request_s(free, 1.0) == pytest.approx(50 * 1_080 / 450)
    own = endpoint(monkeypatch)
    assert cost(own, 7_200) == "ethereum/main: 14,400 calls, 14,400 units"
    assert request_s(own, 1.0) == 0
