"""The bulk archive of an exchange: files with checksums into `bronze_archive`.

Tables: `klines`, `agg_trades`, `trades`, `funding_rates` (a row of a verified file),
`files` (a version of a file, and what became of it), `symbols` (what the host's files
of a symbol cover), `requests` (an HTTP request), `quarantine` (a row that was refused),
`refused_spans` (minutes untold because of it).
Upstream: https://data.binance.vision, described at
https://github.com/binance/binance-public-data.
"""
