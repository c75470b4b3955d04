"""The table of made-up feeds: a bid and an ask at a time."""

from pipelines.bronze.tables import Column, Table, columns
from pipelines.sources.exchange.tables import INSTRUMENT, PROVENANCE


def quotes(name: str) -> Table:
    """A table of this name; one row is a bid and an ask as a venue sent them."""
    return Table(
        name,
        (
            *INSTRUMENT,
            Column("quoted_at_ms", "bigint"),
            *columns("decimal", "bid", "ask"),
            Column("venue_now_ms", "bigint"),
            *PROVENANCE,
        ),
    )
