"""Turns the recorded real candles into the sandbox's recordings."""

from pathlib import Path

import pandas as pd

DAYS = "2023-03-01_02"
# the recorded "binance" rows are those of Binance.US
RECORDED = {
    "binance_us": {
        "BTC/USDC": "binance_btcusdc",
        "BTC/USDT": "binance_btcusdt",
        "USDC/USDT": "binance_usdcusdt",
    },
    "coinbase": {
        "BTC/USD": "coinbase_btcusd",
        "BTC/USDT": "coinbase_btcusdt",
        "USDT/USD": "coinbase_usdtusd",
    },
    "kraken": {
        "BTC/USD": "kraken_btcusd",
        "BTC/USDC": "kraken_btcusdc",
        "BTC/USDT": "kraken_btcusdt",
        "USDC/USD": "kraken_usdcusd",
        "USDT/USD": "kraken_usdtusd",
    },
}
STAMPS = {"open_time": 1, "start": 1000, "time": 1000}  # milliseconds in a unit
NAMES = {"volume": "base_volume", "trades": "trades_count"}
KEPT = (
    *("opened_at_ms", "open", "high", "low", "close", "base_volume"),
    *("quote_volume", "trades_count", "taker_buy_base", "taker_buy_quote"),
)


def read(folder: Path, exchange_id: str, symbol: str) -> pd.DataFrame:
    """The recorded rows as text, under the recordings' column names."""
    name = f"{RECORDED[exchange_id][symbol]}_{DAYS}.csv.gz"
    frame = pd.read_csv(folder / "candles" / name, dtype=str)
    stamp = frame.columns[0]
    opened_at_ms = frame[stamp].astype("int64") * STAMPS[stamp]
    frame = frame.rename(columns=NAMES).assign(opened_at_ms=opened_at_ms)
    return frame[[column for column in KEPT if column in frame]]


def write(folder: Path, target: Path) -> None:
    """Write every recorded series below `target`, as the sandbox reads it."""
    for exchange_id, series in RECORDED.items():
        (target / exchange_id).mkdir(parents=True)
        for symbol in series:
            path = target / exchange_id / f"{symbol.replace('/', '-')}_1m.csv.gz"
            read(folder, exchange_id, symbol).to_csv(path, index=False)
