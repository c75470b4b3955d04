"""What of a series a backfill brings."""

from typing import Literal

Feed = Literal["candles", "trades", "funding_rates"]
