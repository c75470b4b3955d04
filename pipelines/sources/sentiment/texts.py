"""The texts of items, scored once they are loaded."""

from collections.abc import Collection

from pipelines.bronze.load import LoadFacts
from pipelines.enrichment.held import TextRelation
from pipelines.enrichment.scoring import score_texts
from pipelines.sources.load import load
from pipelines.sources.sentiment.tables import ITEMS
from pipelines.sources.sentiment.upstreams import UPSTREAMS


def score_items(names: Collection[str]) -> list[LoadFacts]:
    """Score what these sources' items say and was not scored; the loads that it took.

    A title and a text are one text. An item without words, as one that was deleted,
    has no score.

    Raises:
        BusyError, BadDataError, UpstreamError: as a load does.
    """
    relations = [
        TextRelation(
            name,
            f"bronze_{name}",
            ITEMS.name,
            text=r"concat_ws(E'\n', t.title, t.text)",
            author="t.author_hash",
        )
        for name, upstream in UPSTREAMS.items()
        if name in names and ITEMS in upstream.tables
    ]
    return score_texts(load, relations)
