"""What the tokens of a chain say of themselves: each call once, as loads bring them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pipelines.bronze.delivery import Rows
from pipelines.errors import BadDataError, BullionError, UpstreamError, as_one
from pipelines.sources.evm_node.bronze_rows import Provenance
from pipelines.sources.evm_node.chain_head import usable
from pipelines.sources.evm_node.contract_calls import asked
from pipelines.sources.evm_node.node_client import NodeClient
from pipelines.sources.evm_node.tables import CONTRACT_READS, ContractRead
from pipelines.sources.evm_node.unread_contracts import Unread, UnreadContracts
from pipelines.upstream.extents import without
from pipelines.upstream.pages import PAGES
from pipelines.upstream.request_log import RequestLog
from pipelines.warehouse import Connection

# so many at one block: nodes keep the state of the newest 128 blocks
GROUP = 300
COLUMNS = (*ContractRead._fields, *Provenance._fields)


@dataclass
class ContractReading:
    """The contracts of a chain that a load reads. Requests are appended to `log`."""

    chain: str
    clients: Sequence[NodeClient]
    connection: Connection
    log: RequestLog
    _answered: set[tuple[bytes, str]] = field(default_factory=set)
    _reasons: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[Rows]:
        """What contracts answered, and the loads all of whose contracts are read.

        Raises:
            UpstreamError: some calls are not answered; the next load makes them.
        """
        loads, now = self._unread.loads, self.clients[0].clock.now
        for span in loads.spans():
            part, calls = self._unread.of(span)
            yield from self._read(calls)
            left = {one.batch_id for one in calls if not self._is_answered(one)}
            done = without(part, [(number, number + 1) for number in left])
            if done:
                pages = [loads.page(part, one, len(calls), now()) for one in done]
                yield Rows.of(PAGES, pages)
            if part != span:
                break
        if self._reasons:
            raise UpstreamError(
                f"{self.chain}: {len(self._reasons)} calls of contracts are not"
                f" answered, and made again by the next load: {self._reasons[0]}"
            )

    def _read(self, calls: Sequence[Unread]) -> Iterator[Rows]:
        """The answers of a span's calls, from whichever endpoint has them."""
        each = {(one.address, one.call): one for one in calls}
        wanted = [one for one in each.values() if not self._is_answered(one)]
        for start in range(0, len(wanted), GROUP):
            yield from self._group(wanted[start : start + GROUP])

    def _group(self, calls: Sequence[Unread]) -> Iterator[Rows]:
        failures: list[BullionError] = []
        reasons: list[str] = []
        for client in self._usable:
            try:
                answered, reasons = asked(client, calls, self.log)
            except (BadDataError, UpstreamError) as error:
                failures.append(error)
                continue
            if answered:
                rows = [read + sent for read, sent in answered]
                yield Rows.named(CONTRACT_READS, COLUMNS, rows)
            self._answered |= {(r.contract_address, r.call) for r, _ in answered}
            calls = [one for one in calls if not self._is_answered(one)]
            if not calls:
                break
        if len(failures) == len(self._usable):
            raise as_one(failures)
        self._reasons += reasons

    def _is_answered(self, one: Unread) -> bool:
        return (one.address, one.call) in self._answered

    @cached_property
    def _usable(self) -> Sequence[NodeClient]:
        return usable(self.clients, self.log)

    @cached_property
    def _unread(self) -> UnreadContracts:
        chain_id = self.clients[0].endpoint.chain.chain_id
        return UnreadContracts(self.connection, self.chain, chain_id)
