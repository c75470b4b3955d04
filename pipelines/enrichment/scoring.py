"""What loads brought of texts, scored into `bronze_sentiment`, each text once.

A load of it scores at most `MOST` readings of items; `score_texts` makes as many loads
as are needed. What was looked through is told by pages of the relation, by load.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from pipelines import warehouse
from pipelines.bronze.delivery import Resource, Rows, Source
from pipelines.bronze.load import LoadFacts
from pipelines.bronze.tables import Table
from pipelines.enrichment import held
from pipelines.enrichment.held import TextRelation
from pipelines.enrichment.neighbours import neighbour_flags
from pipelines.enrichment.scored_batch import ScoredBatch
from pipelines.enrichment.scored_text import TextScorer
from pipelines.enrichment.scorers import fingerprint, scorers
from pipelines.enrichment.tables import SCHEMA, TABLES, TEXT_SCORES
from pipelines.upstream.feed import Key, Span
from pipelines.upstream.new_loads import NewLoads
from pipelines.upstream.pages import PAGES

MOST = 20_000  # readings of a load: some 40 MB of texts, and five seconds
Load = Callable[[Source], LoadFacts | None]


def connect() -> warehouse.Connection:
    """As loader."""
    return warehouse.connect("loader", warehouse.process_name("score texts"))


def score_texts(load: Load, relations: Sequence[TextRelation]) -> list[LoadFacts]:
    """Score what the relations hold and is not scored; the loads that it took.

    Raises:
        BusyError, BadDataError, UpstreamError: as `load` does.
    """
    done: list[LoadFacts] = []
    while facts := load(TextScores(relations)):
        done.append(facts)
    return done


class TextScores:
    """The source of scores: of the first relation that has something unscored."""

    name = SCHEMA.removeprefix("bronze_")
    tables: Sequence[Table] = TABLES

    def __init__(
        self,
        relations: Sequence[TextRelation],
        connect: Callable[[], warehouse.Connection] = connect,
        most: int = MOST,
    ) -> None:
        self.failures: list[Exception] = []
        self._relations = relations
        self._connect = connect
        self._most = most
        self._scorers = scorers()
        self._by = fingerprint(self._scorers)
        self._scorer = TextScorer()

    def lock_keys(self) -> Sequence[str]:
        """One at a time: a text that two relations hold is scored once."""
        return [TEXT_SCORES.name]

    def resources(self) -> Sequence[Resource]:
        """Nothing, where all is scored."""
        with self._connect() as connection:
            for relation in self._relations:
                if spans := self._loads(connection, relation).spans():
                    rows = partial(self._rows, relation, spans[0])
                    return [Resource(f"{TEXT_SCORES.name} {relation.source}", rows)]
        return []

    def _loads(
        self, connection: warehouse.Connection, relation: TextRelation
    ) -> NewLoads:
        key = Key(relation.source, self._by, TEXT_SCORES.name)
        return NewLoads(connection, relation.schema, relation.table, key, SCHEMA)

    def _rows(self, relation: TextRelation, span: Span) -> Iterator[Rows]:
        """The rows of a span of loads, and the page that tells how far they go."""
        now = datetime.now(UTC)
        with self._connect() as connection:
            found = held.unscored(connection, relation, span, self._by, self._most)
            scored = self._scorer.scores([reading.text for reading in found])
            pairs = list(zip(found, scored, strict=True))
            batch = ScoredBatch(relation, pairs, self._by, now)
            for rows in self._rows_of(batch, connection):
                if rows.frame.height:
                    yield rows
            done = span if len(found) < self._most else (span[0], found[-1].batch_id)
            if done[0] < done[1]:
                loads = self._loads(connection, relation)
                yield Rows.of(PAGES, [loads.page(span, done, len(found), now)])

    def _rows_of(
        self, batch: ScoredBatch, connection: warehouse.Connection
    ) -> Iterator[Rows]:
        yield batch.item_rows()
        yield batch.score_rows(self._scorers, held.scores(connection, batch.texts))
        near = held.neighbours(connection, batch.items)
        told = neighbour_flags({*batch.items, *near}) | batch.own_flags
        yield batch.flag_rows(told, held.flags(connection, told))
