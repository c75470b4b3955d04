"""What becomes of fetched blocks: bronze rows, pages, and what is to be asked again."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pipelines.errors import BullionError, UnprovedError, UpstreamError
from pipelines.sources.evm_node.block_pages import Page
from pipelines.sources.evm_node.block_reader import BlockAnswer
from pipelines.sources.evm_node.bronze_buffer import BronzeBuffer
from pipelines.sources.evm_node.bronze_rows import Provenance, Reading
from pipelines.sources.evm_node.comparison import difference, disagreements
from pipelines.sources.evm_node.fetching import (
    BlockFetcher,
    Fetched,
    failures,
    is_proved,
)
from pipelines.sources.evm_node.held_blocks import HeldBlocks
from pipelines.sources.evm_node.links import Links
from pipelines.upstream.feed import Span
from pipelines.upstream.request_log import RequestLog


@dataclass
class BlockTaker:
    """Takes blocks in, one group after the other.

    A block that is not whole or not right stands as it is, and is asked for again; one
    that two loads have read alike is not, unless its span is named.

    Attributes:
        doubts: gets a sentence for each block that another endpoint has otherwise.
        final: up to this number blocks are final.
        asked: the spans that were taken in.
        done: the numbers that need not be asked for again.
        failed: why others are not whole, or not right.
        highest: the reading of the highest block.
    """

    buffer: BronzeBuffer
    links: Links
    held: HeldBlocks
    fetcher: BlockFetcher
    is_named: bool
    compared_one_in: Callable[[], int]
    doubts: list[str]
    final: int = -1
    asked: list[Span] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    failed: dict[int, BullionError] = field(default_factory=dict)
    highest: Reading | None = None

    def take(self, span: Span, fetched: Fetched, now_ms: int) -> int:
        """Take the blocks of a span in; how many rows they have."""
        before = self.buffer.taken_count
        answers = [fetched.answers[number] for number in fetched.numbers]
        done = [answer.number for answer in answers if self._is_done(answer)]
        sent = next((answer.sent for answer in answers if answer.sent), None)
        sent = sent or _nowhere(fetched.log, self.fetcher)
        self.buffer.add_page(Page(span, done, sent, now_ms))
        self.buffer.add_refused(fetched.refused)
        self.buffer.add_log(fetched.log)
        self.asked.append(span)
        self.done.update(done)
        return self.buffer.taken_count - before

    def relink(self) -> None:
        """Prove the links whose parents came later, as behind the head they do."""
        self.buffer.readings = [
            self.links.proved(reading, self.final) if _is_unlinked(reading) else reading
            for reading in self.buffer.readings
        ]

    def _is_done(self, answer: BlockAnswer) -> bool:
        self.failed.pop(answer.number, None)
        if answer.reading is None:
            error = answer.error or UpstreamError(f"block {answer.number} is missing")
            self.failed[answer.number] = error
            return False
        self.links.add(answer.reading)
        reading = self.links.proved(answer.reading, self.final)
        if self.highest is None or answer.number >= _number(self.highest):
            self.highest = reading
        if is_proved(answer):
            self.buffer.add(reading)
            self._compare(reading)
            return True
        is_told_twice = self.held.is_held_alike(reading)
        if not is_told_twice:
            self.buffer.add(reading)
        if self.is_named or not is_told_twice:
            self.failed[answer.number] = answer.error or _unproved(reading)
        return is_told_twice

    def _compare(self, reading: Reading) -> None:
        one_in = self.compared_one_in()
        if one_in and _number(reading) % one_in == 0:
            log: RequestLog = []
            readers = self.fetcher.readers
            found = disagreements(reading, readers, log)
            self.buffer.add_disagreements(found)
            self.buffer.add_log(log)
            if found:
                self.doubts.append(difference(self.buffer.key.scope, found[0]))


def _is_unlinked(reading: Reading) -> bool:
    return any(
        proof.proof == "parent_link" and proof.result == "unproven"
        for proof in reading.proofs
    )


def _number(reading: Reading) -> int:
    return reading.block.header.block_number


def _unproved(reading: Reading) -> UnprovedError:
    """That another reading may be right."""
    return UnprovedError(f"block {_number(reading)}: {'; '.join(failures(reading))}")


def _nowhere(log: RequestLog, fetcher: BlockFetcher) -> Provenance:
    """Where an answer would have come from that never came."""
    client = fetcher.clients[0]
    request_id = str(log[-1]["request_id"]) if log else ""
    of = (client.endpoint.name, client.endpoint.origin, request_id)
    return Provenance(client.clock.now().isoformat(), *of)
