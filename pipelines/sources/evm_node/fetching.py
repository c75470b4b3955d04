"""Whole blocks from a chain's endpoints: one that fails is read from the next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pipelines.config.model import ProofLevel
from pipelines.errors import BadDataError, UpstreamError
from pipelines.sources.evm_node.answers import NotYetError
from pipelines.sources.evm_node.block_reader import BlockAnswer, BlockReader
from pipelines.sources.evm_node.bronze_rows import Provenance, Reading
from pipelines.sources.evm_node.node_client import NodeClient
from pipelines.sources.evm_node.proofs import prove
from pipelines.sources.evm_node.tables import BLOCKS
from pipelines.upstream.request_log import RequestLog
from pipelines.upstream.retry import wait_after


@dataclass(frozen=True)
class Refused:
    """What an endpoint sent of a block and does not count, and why."""

    number: int
    reason: str
    sent: Provenance
    block_hash: bytes | None = None
    raw: str | None = None

    def row(self, chain_id: int) -> Mapping[str, object]:
        """As `quarantine` has it."""
        return {
            "table_name": BLOCKS.name,
            "chain_id": chain_id,
            "block_number": self.number,
            "block_hash": self.block_hash,
            "reason": self.reason,
            "raw": self.raw,
            **self.sent._asdict(),
        }


@dataclass
class Fetched:
    """What the endpoints have of some blocks.

    Attributes:
        answers: the best of each number.
        refused: what was sent and can not be right, though another endpoint's may be.
        log: the requests that it took.
    """

    numbers: Sequence[int]
    answers: dict[int, BlockAnswer] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    log: RequestLog = field(default_factory=list)

    @property
    def unproved(self) -> list[int]:
        """The numbers of which no endpoint has had all, and proved."""
        return [n for n in self.numbers if not is_proved(self.answers.get(n))]


def is_proved(answer: BlockAnswer | None) -> bool:
    """Whether the block is whole, and none of its proofs failed."""
    return _rank(answer) == _PROVED


_NOTHING, _WITHOUT_RECEIPTS, _FAILED, _PROVED = range(4)


def _rank(answer: BlockAnswer | None) -> int:
    if answer is None or answer.reading is None:
        return _NOTHING
    if not answer.reading.block.has_receipts:
        return _WITHOUT_RECEIPTS
    return _FAILED if failures(answer.reading) else _PROVED


def failures(reading: Reading) -> list[str]:
    """The proofs that failed, with their reasons."""
    return [f"{p.proof}: {p.reason}" for p in reading.proofs if p.result == "failed"]


class BlockFetcher:
    """Reads blocks of a chain from its endpoints, in their order. Threads may share it.

    The link to the parent is not proved here: whoever has the parent does so.
    """

    def __init__(self, clients: Sequence[NodeClient], level: ProofLevel) -> None:
        self.clients = clients
        self._level = level

    @cached_property
    def readers(self) -> Sequence[BlockReader]:
        """One for each endpoint."""
        return [BlockReader(client) for client in self.clients]

    def fetch(self, numbers: Iterable[int]) -> Fetched:
        """What the endpoints have of these blocks.

        Raises:
            EndedError: the end was asked for while it waited.
        """
        fetched = Fetched(list(numbers))
        for reader in self.readers:
            held = reader.client.pruned_until
            left = [number for number in fetched.unproved if number >= held]
            if not left:
                continue
            try:
                self._read(reader, left, fetched)
            except UpstreamError as error:
                for number in left:
                    self._take(BlockAnswer(number, error=error), fetched)
        return fetched

    def _read(self, reader: BlockReader, left: list[int], fetched: Fetched) -> None:
        """Read from one endpoint; what it may have later, again."""
        for number in range(1, reader.client.attempts + 1):
            answers = [self._proved(a) for a in reader.read(left, fetched.log)]
            for answer in answers:
                self._take(answer, fetched)
            left = [a.number for a in answers if isinstance(a.error, NotYetError)]
            if not left:
                return
            if number < reader.client.attempts:
                why = f"{reader.client.endpoint.origin} lacks {len(left)} blocks yet"
                wait_after(number, why, reader.client.clock.sleep)

    def _proved(self, answer: BlockAnswer) -> BlockAnswer:
        reading = answer.reading
        if reading is None:
            return answer
        proofs = prove(reading.block, level=self._level)
        return answer._replace(reading=reading._replace(proofs=proofs))

    def _take(self, answer: BlockAnswer, fetched: Fetched) -> None:
        """Keep it if it is better than what is there; note what is refused."""
        before = fetched.answers.get(answer.number)
        if isinstance(answer.error, BadDataError) and answer.sent is not None:
            fetched.refused.append(
                Refused(
                    answer.number, str(answer.error), answer.sent, raw=answer.refused
                )
            )
        if before is None or _rank(answer) > _rank(before):
            fetched.answers[answer.number] = answer
            if before is not None and _rank(before) == _FAILED:
                fetched.refused.append(_dismissed(before))


def _dismissed(answer: BlockAnswer) -> Refused:
    """A reading whose proofs failed, where another endpoint's passed."""
    reading = answer.reading
    assert reading is not None  # noqa: S101  # its proofs failed
    reason = "; ".join(failures(reading))
    return Refused(answer.number, reason, reading.sent, reading.block.header.block_hash)
