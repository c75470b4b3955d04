"""Exchanges over REST, through ccxt: instruments, 1m candles, trades.

Tables: `ohlcv` (a candle as a venue sent it in one answer), `ohlcv_pages` (a span of
minutes that one answer speaks for), `trades` (a trade, or an aggregate of one taker
order's fills, as a venue sent it in one answer), `trade_pages` (a span of a series'
trades that one answer speaks for), `instruments` (an instrument as listed at a fetch),
`requests` (an HTTP request), `quarantine` (a row that was refused).
Upstreams and their links: `venues.py`.
"""
