"""One chain in one load: its head, the blocks that are missing, those that gave way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pipelines.bronze.delivery import Rows
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import Thresholds
from pipelines.errors import BullionError, UnprovedError, UpstreamError
from pipelines.sources.evm_node.answers import NotYetError
from pipelines.sources.evm_node.block_taker import BlockTaker
from pipelines.sources.evm_node.bronze_buffer import BronzeBuffer
from pipelines.sources.evm_node.bronze_rows import Reading
from pipelines.sources.evm_node.chain_head import observed, taken_for_newest, usable
from pipelines.sources.evm_node.chain_span import Wanted
from pipelines.sources.evm_node.fetch_process import Order
from pipelines.sources.evm_node.fetch_processes import FetchProcesses
from pipelines.sources.evm_node.fetching import BlockFetcher
from pipelines.sources.evm_node.heads import LATEST, Heads
from pipelines.sources.evm_node.held_blocks import SCHEMA, HeldBlocks
from pipelines.sources.evm_node.links import Links
from pipelines.sources.evm_node.node_client import NodeClient
from pipelines.sources.evm_node.reorg_window import ReorgWindow
from pipelines.upstream.budget import Precedence
from pipelines.upstream.extents import without
from pipelines.upstream.feed import Key, Span
from pipelines.upstream.pages import Pages
from pipelines.upstream.progress import Progress
from pipelines.upstream.request_log import RequestLog
from pipelines.warehouse import Connection

ROUNDS = 3  # of looking at the head: a chain may move while it is read


@dataclass
class ChainLoad:
    """The blocks of a chain that a load brings.

    `doubts` gets a sentence for each that two endpoints do not have alike.
    """

    key: Key
    clients: Sequence[NodeClient]
    connection: Connection
    config: ConfigProvider
    wanted: Wanted
    progress: Progress
    processes: FetchProcesses
    precedence: Precedence
    is_unlimited: bool
    doubts: list[str] = field(default_factory=list)
    _heads: Heads = field(default_factory=Heads)

    def rows(self) -> Iterator[Rows]:
        """What is asked for, and what gave way behind the head.

        Raises:
            UpstreamError: some blocks are not whole, or not right; all others are
                given, and what was had of those.
            EndedError: `progress` raised it; what was read is given.
            SetupError: no endpoint is of this chain.
        """
        try:
            yield from self._blocks()
            if not self.wanted.is_history:
                window = ReorgWindow(self._taker, self._pages, self._thresholds)
                window.read(self._heads, self._now_ms)
            self._taker.relink()
        except BullionError:
            yield from self._buffer.flush()
            raise
        yield from self._buffer.flush()
        self._check()

    def _blocks(self) -> Iterator[Rows]:
        """The spans that are missing, up to the head as it is when they are read."""
        log: RequestLog = []
        try:
            self.clients = usable(self.clients, log)
            for _ in range(ROUNDS):
                self._heads = observed(self.clients, log, is_needed=self._needs_head)
                self._buffer.add_heads(self._heads)
                yield from self._read(self._missing())
                if self._has_head:
                    break
            if self._heads.latest is None and (highest := self._taker.highest):
                self._take_for_head(highest, log)
        finally:
            self._buffer.add_log(log)

    def _read(self, spans: Sequence[Span]) -> Iterator[Rows]:
        self.progress.planned(sum(end - start for start, end in spans))
        self._taker.final = max(self._taker.final, self._heads.final)
        order = Order(
            self.config.current,
            self.key.scope,
            [client.endpoint.name for client in self.clients],
            self.precedence,
            is_unlimited=self.is_unlimited,
            spans=spans,
        )
        for span, fetched in self.processes.groups(order, self._taker.fetcher):
            rows = self._taker.take(span, fetched, self._now_ms)
            self.progress.answered(span[1] - span[0], rows)
            if self._buffer.is_full:
                yield from self._buffer.flush()

    def _take_for_head(self, highest: Reading, log: RequestLog) -> None:
        """No endpoint names a head: it is the highest block that was read.

        Where that is above every head of before, the chain has grown so far. It is
        asked for again: what came with the block tells nothing of the chain's length.
        """
        header = highest.block.header
        if header.block_number > self._taker.held.highest_head():
            self._heads = taken_for_newest(self.clients, header.block_number, log)
        if self._heads.latest is None:
            self._heads.add(LATEST, header, highest.sent)
        self._buffer.add_heads(self._heads)

    def _missing(self) -> list[Span]:
        """What is to be asked for, but for what this load has asked for."""
        latest = self._heads.latest
        spans = self.wanted.spans(
            self.clients[0].endpoint.chain,
            latest.block_number if latest else None,
            self._pages,
            self._taker.held,
            self._thresholds.holes_per_load,
        )
        return [part for span in spans for part in without(span, self._taker.asked)]

    @property
    def _needs_head(self) -> bool:
        return self.wanted.end is None

    @property
    def _has_head(self) -> bool:
        """Whether the head's block was read, unless nobody asked for it."""
        latest = self._heads.latest
        if latest is None or latest.block_number not in self._taker.done:
            return True
        return self._taker.links.is_known(latest.block_hash)

    @property
    def _now_ms(self) -> int:
        """The chain's clock: when its newest block was made."""
        latest = self._heads.latest
        now_s = self.clients[0].clock.now().timestamp()
        return (latest.block_at_s if latest else int(now_s)) * 1000

    @property
    def _thresholds(self) -> Thresholds:
        return self.config.current.thresholds

    @cached_property
    def _pages(self) -> Pages:
        return Pages(self.connection, SCHEMA, self.key)

    @cached_property
    def _buffer(self) -> BronzeBuffer:
        return BronzeBuffer(self.key, self.clients[0].endpoint.chain.chain_id)

    @cached_property
    def _taker(self) -> BlockTaker:
        chain = self.clients[0].endpoint.chain
        held = HeldBlocks(self.connection, chain.chain_id)
        return BlockTaker(
            self._buffer,
            Links(held),
            held,
            BlockFetcher(self.clients, chain.proof_level),
            is_named=self.wanted.is_named,
            compared_one_in=lambda: self._thresholds.compared_one_block_in,
            doubts=self.doubts,
        )

    def _check(self) -> None:
        """Raises UpstreamError where blocks are not whole, or not right.

        It is an UnprovedError, and names those first, where a proof of one failed. That
        the newest ones are not there yet is none of it.
        """
        newest = max(self._taker.done, default=-1)
        failed = {
            number: error
            for number, error in sorted(self._taker.failed.items())
            if self.wanted.is_named
            or number < newest
            or not isinstance(error, NotYetError)
        }
        if failed:
            count = f"{len(failed)} blocks are" if len(failed) > 1 else "1 block is"
            unproved = [e for e in failed.values() if isinstance(e, UnprovedError)]
            reasons = "; ".join(map(str, [*(unproved or failed.values())][:3]))
            raise (UnprovedError if unproved else UpstreamError)(
                f"{self.key.scope}: {count} not whole or not proved, and asked for"
                f" again: {reasons}"
            )
