"""A warehouse that a release before built: its tables become those of now."""

from decimal import Decimal

import pytest

from pipelines import warehouse
from tests.contents.transform import Transform, TransformError

COLUMNS = """
select c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_class as c on a.attrelid = c.oid
where c.relnamespace = any('{gold,silver}'::regnamespace[]) and not a.attisdropped
"""
BEFORE = """
alter table gold.dim_instruments
    drop column contract_size, drop column launched_at, drop column settle_asset,
    drop column is_inverse, drop column expires_at, drop column strike,
    drop column option_type, drop column listed_at, drop column listed_by,
    drop column delisted_at, drop column delisted_by, drop column renamed_from,
    drop column renamed_to, drop column halts;
alter table silver.int_instruments_versioned
    drop column contract_size, drop column launched_at;
alter table gold.fct_dev_activity
    drop column issues_opened_count, drop column issues_closed_count,
    drop column pull_requests_opened_count, drop column pull_requests_closed_count,
    drop column bot_opened_count, drop column bot_closed_count;
alter table silver.int_manners_measured
    drop column cut_minutes cascade, drop column venue_now_ms cascade;
alter table gold.fct_candles add column notional numeric(76, 36);
alter table gold.fct_market_features alter day_notional type numeric(78, 36);
alter table gold.fct_sentiment drop column engagement_known_at;
alter table gold.fct_options drop column source, alter age_seconds set not null;
alter table gold.fct_trades
    alter quote_amount type numeric(76, 36), alter quote_amount set not null;
insert into gold.fct_trades (
    exchange_id, symbol, minute_at, trade_key, traded_at, traded_at_ns, price,
    base_amount, quote_amount, taker_side, is_aggregate, source, reading_id, changed_in
)
select
    'kraken', 'BTC/USD', '2024-03-01', key, '2024-03-01', 0, 1, 1, paid, 'buy', false,
    'rest', key, 0
from (values
    ('fits', 1.000000000000000001),
    ('too fine', 1.0000000000000000001),
    ('too much', 1e20)
) as trades (key, paid);
insert into gold.fct_candle_proofs (
    exchange_id, symbol, opened_at, proof, is_proven, trades_count, changed_in
)
select 'kraken', 'BTC/USD', at::timestamptz, 'proven complete', true, number, 0
from (values
    ('2024-03-01 00:00Z', 2), ('2024-03-01 23:59Z', 3), ('2024-03-02 00:00Z', 4)
) as minutes (at, number);
insert into gold.rpt_completeness (
    exchange_id, symbol, opened_date, minutes_count, candles_count, provisional_count,
    closed_count, confirmed_count, sealed_count, proven_complete_count,
    proven_empty_count, lost_minutes_count, lost_trades_count, contradicted_count,
    unproven_count, not_configured_count, our_fault_count, changed_in
)
select 'kraken', 'BTC/USD', '2024-03-01'::date + n, 2, 2, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0,
    0, 0, 0
from generate_series(0, 2) as days (n);
alter table gold.rpt_completeness drop column trades_count;
alter table gold.fct_exchange_health
    drop column limit_name, drop column limit_ratio, drop column paused_seconds,
    drop column openings_count, drop column series_count, drop column age_p50_minutes,
    drop column age_max_minutes;
create schema research;
create view research.paid as select quote_amount from gold.fct_trades;
"""
AFTER = {
    ("fct_market_features", "day_notional"): "numeric(60,18)",
    ("fct_trades", "quote_amount"): "numeric(38,18)",
    ("fct_options", "source"): "text",
    ("dim_instruments", "contract_size"): "numeric(38,18)",
    ("dim_instruments", "expires_at"): "timestamp with time zone",
    ("dim_instruments", "option_type"): "text",
    ("dim_instruments", "halts"): "jsonb",
    ("fct_exchange_health", "limit_ratio"): "numeric(18,6)",
    ("fct_exchange_health", "age_max_minutes"): "bigint",
    ("fct_dev_activity", "bot_closed_count"): "bigint",
    ("int_manners_measured", "cut_minutes"): "bigint",
    ("int_manners_measured", "venue_now_ms"): "bigint",
}


def test_tables_of_a_release_before_become_those_of_now_but_under_a_view_of_somebodys(
    built_database,
):
    one_model = ("run", "--select", "fct_fear_greed", "+dim_instruments")
    with warehouse.connect(None, "test") as owner:
        owner.execute(BEFORE)
        with pytest.raises(
            TransformError, match=r"view research\.paid depends on column"
        ):
            Transform().run(*one_model)
        owner.execute("drop view research.paid")
        for _ in range(2):  # and once they are, they stay
            Transform().run(*one_model)
            kinds = {(t, c): kind for t, c, kind in owner.execute(COLUMNS).fetchall()}
            assert AFTER.items() <= kinds.items()
            assert ("fct_candles", "notional") not in kinds
            trades = "select trade_key, quote_amount from gold.fct_trades order by 1"
            fits = Decimal("1.000000000000000001")
            held = [("fits", fits), ("too fine", None), ("too much", None)]
            assert owner.execute(trades).fetchall() == held
            days = "select trades_count from gold.rpt_completeness order by opened_date"
            assert owner.execute(days).fetchall() == [(5,), (4,), (0,)]
