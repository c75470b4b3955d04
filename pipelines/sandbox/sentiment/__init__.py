"""The upstreams of sentiment: one stream of made items each, in the upstream's form."""
