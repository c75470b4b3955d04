"""Exchanges over REST, through ccxt: instruments and the feeds of `feeds.py`.

Tables: each feed's own, `pages` (a span of a feed that one answer speaks for),
`instruments` (an instrument as listed at a fetch), `requests` (an HTTP request),
`quarantine` (a row that was refused).
Upstreams and their links: `venues.py`.
"""
