"""What people say, publish and build: indexes, posts, articles, repositories, coins.

One declaration per endpoint, in the module of its upstream; what is common to all is
written once (docs/sentiment.md).

Tables: of each schema `answers` (a body as one request gave it), `quarantine` and
`requests`; `items` (a post or an article as one fetch had it), `redactions`, and
`index_values`, `repositories`, `commits`, `coins`, `coin_markets` where there are such.
Upstreams: https://alternative.me/crypto/api, https://www.reddit.com/dev/api,
https://docs.github.com/en/rest, https://docs.coingecko.com,
https://hn.algolia.com/api, https://docs.bsky.app, feeds of RSS, Atom and JSON.
"""
