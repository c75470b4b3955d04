"""The Crypto Fear & Greed index: a row is a day's value as one fetch had it.

https://alternative.me/crypto/fear-and-greed-index/ gives all days with `limit=0`, and
60 requests a minute over ten minutes.
"""

from typing import Any

from pipelines.sources.sentiment.declaration import Endpoint, Upstream, every, has
from pipelines.sources.sentiment.fields import epoch, inner, number, text
from pipelines.sources.sentiment.tables import INDEX_VALUES
from pipelines.upstream.budget import Limit


def _fits(body: Any) -> bool:
    return (
        has(body, "data")
        and inner(body, "metadata", "error") is None
        and every(lambda day: has(day, "value", "timestamp"), body["data"])
    )


UPSTREAM = Upstream(
    name="fear_greed",
    url="https://api.alternative.me",
    limits={"minutes": Limit(600, 600, 30)},
    endpoints=[
        Endpoint(
            name="index",
            table=INDEX_VALUES,
            key="indexed_at",
            time="indexed_at",
            path="/fng/",
            params={"limit": "0", "format": "json"},
            fits=_fits,
            items=lambda body: body["data"],
            fields={
                "indexed_at": epoch("timestamp"),
                "indexed_text": text("timestamp"),
                "value": number("value"),
                "classification": text("value_classification"),
                "seconds_until_update": text("time_until_update"),
            },
        )
    ],
)
