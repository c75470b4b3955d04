"""The upstreams of sentiment, by name."""

from pipelines.sources.sentiment import (
    bluesky,
    coingecko,
    fear_greed,
    github,
    hacker_news,
    news,
    reddit,
)

UPSTREAMS = {
    module.UPSTREAM.name: module.UPSTREAM
    for module in (
        *(fear_greed, news, github, coingecko),
        *(hacker_news, bluesky, reddit),
    )
}
