"""The generated feed's assets: their dollar levels, grids and how busy they are."""

from typing import NamedTuple


class Asset(NamedTuple):
    """An asset's dollar level and grid; orders a minute where it trades most."""

    asset: str
    price: str
    swing: str
    price_decimals: int
    amount_decimals: int
    orders_per_minute: float
    lots: int
    listed_at: str | None = None


# Price and amount decimals sum to at most 8, so that a quote volume is exact in 8
# decimals, as it is on Binance; swings keep a price positive for ever.
ASSETS = (
    Asset("BTC", "42000", "18000", 2, 5, 4.0, 20_000),
    Asset("ETH", "2400", "1100", 2, 4, 3.0, 30_000),
    Asset("SOL", "95", "45", 2, 3, 2.0, 40_000),
    Asset("XRP", "0.62", "0.28", 4, 0, 2.0, 4_000),
    Asset("ADA", "0.45", "0.2", 4, 1, 1.2, 30_000),
    Asset("DOGE", "0.11", "0.05", 5, 0, 1.2, 20_000),
    Asset("LTC", "78", "30", 2, 3, 1.0, 6_000),
    Asset("LINK", "14", "6", 3, 2, 1.0, 6_000),
    Asset("AVAX", "28", "13", 2, 2, 0.8, 3_000),
    Asset("DOT", "6.4", "2.9", 3, 2, 0.8, 9_000),
    Asset("UNI", "7.1", "3", 3, 2, 0.6, 6_000),
    Asset("ATOM", "9.2", "4", 3, 2, 0.5, 5_000),
    Asset("ARB", "1.1", "0.5", 4, 1, 0.5, 9_000, "2023-03-23"),
    Asset("USDC", "1", "0.004", 4, 0, 1.5, 30_000),
    Asset("USDT", "1", "0.004", 4, 0, 1.5, 30_000),
)
