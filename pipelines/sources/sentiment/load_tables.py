"""The bronze tables of an upstream: those of its items, and those that all have."""

from collections.abc import Sequence

from pipelines.bronze.tables import Table
from pipelines.sources.sentiment.declaration import Upstream
from pipelines.sources.sentiment.tables import ANSWERS, QUARANTINE
from pipelines.upstream.request_log import REQUESTS


def tables_of(upstream: Upstream) -> Sequence[Table]:
    """They are made before the first load of anything."""
    return (*upstream.tables, ANSWERS, QUARANTINE, REQUESTS)
