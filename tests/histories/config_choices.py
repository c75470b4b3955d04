"""What the tests of the config tables share: exchanges, their listings, the command."""

import json

from typer.testing import CliRunner

from pipelines.cli.main import app
from tests.contents.roles import acting, run

LISTED = {
    "kraken": ["BTC/USD", "ETH/USD", "BTC/EUR", "A_C/USD"],
    "binance": ["BTC/USDT", "BTC/USDT:USDT"],
}
CHOICES = """
insert into config.exchanges (exchange_id, market_types)
values ('kraken', '{spot}'), ('binance', '{spot,swap}')
"""
ADD = "insert into config.instruments (exchange_id, symbol) values ('kraken', '{}')"


def listed(database, listing=LISTED, now_ms=1_700_000_000_000):
    columns = "exchange_id text, symbol text, market_type text, is_active boolean"
    made = f"create table if not exists bronze_exchange.instruments ({columns},"
    run(database, "loader", "create schema if not exists bronze_exchange")
    rest = "venue_now_ms bigint, origin text, _dlt_load_id text)"
    run(database, "loader", f"{made} {rest}")
    with acting(database, "loader") as connection:
        for exchange_id, symbols in listing.items():
            for symbol in symbols:
                connection.execute(
                    "insert into bronze_exchange.instruments values"
                    " (%s, %s, %s, true, %s, 'listing', %s)",
                    (
                        exchange_id,
                        symbol,
                        "swap" if ":" in symbol else "spot",
                        now_ms,
                        str(now_ms),
                    ),
                )
        connection.execute("select ops.note_listings(%s)", ([str(now_ms)],))


def bullion(*words):
    return CliRunner().invoke(app, ["config", *words])


def told(*words):
    done = bullion(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)
