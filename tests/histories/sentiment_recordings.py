"""Folders of recorded bodies, as `bullion load sentiment --recordings` reads them.

Made ones are of a listing of posts that grows and is polled; the recorded ones lie
beside the checkout, and are never part of it.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conftest import RECORDED

SENTIMENT = RECORDED / "sentiment"
GITHUB = "https://api.github.com"
FIRST_S = 1_700_000_000  # when the first post was created; one a minute follows


def put(folder: Path, source: str, number: int, body: Any, **meta: Any) -> Path:
    """Write a body, and its meta where there is any; its path."""
    home = folder / source
    home.mkdir(parents=True, exist_ok=True)
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "xml" if text.lstrip()[:1] == b"<" else "json"
    path = home / f"{number:03}.{kind}"
    path.write_bytes(text)
    if meta:
        path.with_name(f"{number:03}.meta.json").write_text(json.dumps(meta))
    return path


def recorded(folder: Path) -> Path:
    """The bodies that were recorded of live upstreams."""
    read = {
        name: SENTIMENT / name for name in ("coindesk.rss", "cryptopanic_posts.json")
    }
    put(
        folder, "fear_greed", 1, (SENTIMENT / "fear_greed_2023-01_05.json").read_bytes()
    )
    (listing,) = _exchanges("reddit_hot_listing.json")
    put(folder, "reddit", 1, listing["body"])
    for number, path in enumerate(read.values(), 1):
        put(folder, "news", number, path.read_bytes())
    markets = SENTIMENT / "coins_markets_2021-07-09_subset.json"
    put(folder, "coingecko", 1, markets.read_bytes())
    exchanges = [
        *_exchanges("pygithub_Repository.testGetCommits.json"),
        *_exchanges("pygithub_SpecificExceptions.testRateLimitExceeded.json"),
        *_exchanges("pygithub_Retry.testReturnsRepoAfter3Retries.json"),
    ]
    for number, one in enumerate(exchanges, 1):
        put(
            folder,
            "github",
            number,
            one["body"],
            url=f"{GITHUB}{one['path']}",
            status=one["status"],
            headers=one["headers"],
            fetched_at=f"2026-11-28T11:00:{number:02}Z",
        )
    return folder


def _exchanges(name: str) -> Sequence[Mapping[str, Any]]:
    exchanges: Sequence[Mapping[str, Any]] = json.loads((SENTIMENT / name).read_text())
    return exchanges


def post(number: int, **changes: Any) -> dict[str, Any]:
    """The numberth post of a community."""
    return {
        "name": f"t3_{number:06}",
        "title": f"Post {number}",
        "selftext": f"BTC is at {number} <b>&amp;</b>",
        "author": f"author_{number % 7}",
        "subreddit": "Bitcoin",
        "score": number * 3,
        "num_comments": number,
        "stickied": False,
        "created_utc": float(FIRST_S + 60 * number),
        "edited": False,
        "permalink": f"/r/Bitcoin/comments/{number:06}/post",
        **changes,
    }


def listing(posts: Sequence[Mapping[str, Any]], after: str | None = None) -> Any:
    """A page of a listing, newest first."""
    children = [{"kind": "t3", "data": one} for one in posts]
    return {"kind": "Listing", "data": {"after": after, "children": children}}


def polls(count: int, size: int, step: int) -> list[list[dict[str, Any]]]:
    """Polls of a listing's newest `size` posts, `step` of them new each time."""
    return [
        [
            post(n, score=n * 3 + poll)
            for n in reversed(range(poll * step, poll * step + size))
        ]
        for poll in range(count)
    ]
