"""Faults: the same ones by seed."""

import pytest

from pipelines.errors import SetupError
from pipelines.sandbox.answers import page
from pipelines.sandbox.faults import Fault, Faults, parse_fault

ROWS = [b"[%d,1]" % (1_677_628_800_000 + n * 60_000) for n in range(200)]


def hits(faults: Faults, n: int = 300) -> list[int]:
    return [k for k in range(n) if faults.of("kraken", "/0/public/OHLC")]


def test_a_seed_gives_the_same_faults_again() -> None:
    fault = Fault("server_error", probability=0.1)
    first = hits(Faults(7, (fault,)))
    assert first == hits(Faults(7, (fault,)))
    assert 10 < len(first) < 60
    assert first != hits(Faults(8, (fault,)))


def test_the_next_requests_to_a_path_go_wrong_and_then_no_more() -> None:
    faults = Faults(1)
    faults.add({"kind": "timeout", "next_requests": 2, "path": "klines"})
    assert not faults.of("binance", "/api/v3/time")
    answers = [bool(faults.of("binance", "/api/v3/klines")) for _ in range(4)]
    assert answers == [True, True, False, False]


def test_a_fault_of_one_venue_spares_the_others() -> None:
    faults = Faults(1, (Fault("timeout", probability=1, exchange_id="kraken"),))
    assert faults.of("kraken", "/x")
    assert not faults.of("coinbase", "/x")


def test_missing_minutes_are_missing_whenever_they_are_asked_for() -> None:
    faults, fault = Faults(3), Fault("missing", probability=0.2)
    whole = faults.spoiled(page(ROWS), fault).split_rows()
    half = faults.spoiled(page(ROWS[100:]), fault).split_rows()
    assert 100 < len(whole) < 200
    assert half == [row for row in whole if row in ROWS[100:]]


def test_a_doubled_and_a_shuffled_page_hold_every_row() -> None:
    faults = Faults(3)
    doubled = faults.spoiled(page(ROWS), Fault("duplicate")).split_rows()
    assert set(doubled) == set(ROWS)
    assert len(doubled) > len(ROWS)
    shuffled = faults.spoiled(page(ROWS), Fault("out_of_order")).split_rows()
    assert shuffled != ROWS
    assert sorted(shuffled) == ROWS


def test_a_flag_names_kind_probability_and_path() -> None:
    assert parse_fault("server_error=0.05@klines") == Fault(
        "server_error", probability=0.05, path="klines"
    )


def test_a_flag_may_name_a_variant() -> None:
    fault = Fault("too_many", probability=1, variant="bare")
    assert parse_fault("too_many:bare=1") == fault
    with pytest.raises(SetupError, match="too_many has no variant 'zip'"):
        parse_fault("too_many:zip=1")


def test_an_upstream_of_several_parts_is_named_by_its_beginning() -> None:
    fault = Fault("slow", probability=1, exchange_id="evm/ethereum")
    assert fault.hits("evm/ethereum/main", "/")
    assert fault.hits("evm/ethereum", "/")
    assert not fault.hits("evm/ethereum_classic/main", "/")
    assert not fault.hits("evm", "/")


def test_under_a_key_a_share_of_the_keys_is_struck_whenever_they_come() -> None:
    faults = Faults(1, (Fault("slow", probability=0.3),))
    keys = [str(n) for n in range(100)]
    first = [key for key in keys if faults.of("evm", "/", key=key)]
    again = [key for key in keys[::-1] if faults.of("evm", "/", key=key)]
    assert first == again[::-1]
    assert 15 < len(first) < 45


def test_a_fault_that_is_not_due_is_not_used_up() -> None:
    faults = Faults(1, (Fault("slow", next_requests=1, most=5),))
    assert not faults.of("evm", "/", is_due=lambda fault: fault.most < 3)
    assert faults.of("evm", "/", is_due=lambda fault: fault.most > 3)
    assert not faults.of("evm", "/")


@pytest.mark.parametrize("text", ["oops=0.1", "timeout", "timeout=2", "timeout=1.2.3"])
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(SetupError):
        parse_fault(text)
