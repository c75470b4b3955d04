"""Simulated upstreams that speak the venues' real REST formats, and faults on demand.

One HTTP server on 127.0.0.1 stands for Binance, Binance.US, Kraken and Coinbase
Exchange. A venue is reached at `http://127.0.0.1:PORT/<exchange_id>` followed by its
own path, so that a client needs another address and nothing else. Binance's archive of
bulk files lies at `http://127.0.0.1:PORT/binance/archive`, the endpoints of simulated
chains at `http://127.0.0.1:PORT/evm/<chain>/<endpoint>`. docs/sandbox.md has the rest.
"""
