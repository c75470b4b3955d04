"""Options: incremental = full refresh = an independent computation; recorded rows."""

import csv
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pipelines.sandbox.clock import iso
from tests.contents.any_order import check_any_order
from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories.option_histories import OptionHistories
from tests.integration.models.test_dbt_histories import select
from tests.oracles import option_oracle
from tests.soak import seeds, times

SELECTED = ("run", "--select", "fct_options")
OPTIONS = f"""
select symbol, quoted_at, underlying, settle_asset, expires_at, strike, option_type,
    {", ".join(option_oracle.COLUMNS)}, underlying_index, age_seconds, reading_id,
    source
from gold.fct_options order by symbol collate "C", quoted_at
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(10, 1)))
def test_options_are_the_same_in_any_order_and_as_reckoned_apart(built_database, seed):
    loads = OptionHistories(seed).loads(times(40, 15))
    check_any_order(
        seed,
        loads,
        [SELECTED],
        held=lambda: select(OPTIONS),
        told=lambda: option_oracle.options(loads),
    )


def test_recorded_options_have_the_terms_that_were_recorded(built_database, recorded):
    with (recorded / "exchange_samples" / "tardis_options_chain.csv").open() as lines:
        sent = list(csv.DictReader(lines))
    ours = {"bid_price": "bid", "ask_price": "ask"}
    rows = []
    for number, line in enumerate(sent):
        expires = _at(line["expiration"])
        base, _, strike, right = line["symbol"].split("-")
        answered_ms = int(line["local_timestamp"]) // 1000
        rows.append(
            {ours.get(name, name): cell or None for name, cell in line.items()}
            | {
                "exchange_id": "deribit",
                "symbol": f"{base}/USD:{base}-{expires:%y%m%d}-{strike}-{right}",
                "quoted_at_ms": int(line["timestamp"]) // 1000,
                "venue_now_ms": answered_ms,
                "request_id": str(number),
                "origin": "recorded",
                "received_at": iso(answered_ms),
            }
        )
    deliver({"option_quotes": rows})
    Transform().rerun(*SELECTED)
    names = [
        *("strike_price", "open_interest", "last_price", "bid_price", "bid_amount"),
        *("bid_iv", "ask_price", "ask_amount", "ask_iv", "mark_price", "mark_iv"),
        *("underlying_price", "delta", "gamma", "vega", "theta", "rho"),
    ]
    columns = ", ".join({**ours, "strike_price": "strike"}.get(n, n) for n in names)
    found = select(
        f"select option_type, expires_at, quoted_at, underlying_index, {columns}"
        " from gold.fct_options order by reading_id::integer"
    )
    assert found == [
        (
            line["type"],
            _at(line["expiration"]),
            _at(line["timestamp"]),
            line["underlying_index"],
            *(Decimal(line[name]) if line[name] else None for name in names),
        )
        for line in sent
    ]


def _at(microseconds: str) -> datetime:
    return datetime.fromtimestamp(int(microseconds) / 1e6, UTC)
