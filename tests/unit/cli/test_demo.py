"""What the demo explains, it has: whatever the hour is."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR
from pipelines.sources.exchange.venues import spec_of
from prefect_flows import demo, demo_loads


@pytest.mark.parametrize("hour", range(24))
def test_the_trades_of_the_explained_minute_are_among_those_it_loads(hour):
    (since,) = [
        choice.since.before_now
        for choice in configuration(PROJECT_DIR / "seeds").instruments
        if (choice.exchange_id, choice.symbol) == demo_loads.SEALED
    ]
    assert since
    now = datetime(2026, 11, 22, hour, tzinfo=UTC)
    for at in (now, now + timedelta(minutes=59)):
        minute = datetime.fromisoformat(f"{demo.published(at)}T{demo.MINUTE}Z")
        assert at - since < minute < at


@pytest.mark.parametrize("venue", demo_loads.CONTRACT_VENUES)
def test_what_it_loads_of_a_contract_its_venues_are_asked_for(venue):
    routes = spec_of(venue, demo_loads.CONTRACT).routes
    assert {*demo_loads.CONTRACT_FEEDS} <= routes.keys()
