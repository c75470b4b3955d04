"""What an endpoint says of a chain's head: its latest, safe and finalized block."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.bronze.delivery import Rows
from pipelines.errors import BadDataError, SetupError, UpstreamError
from pipelines.sources.evm_node import answers
from pipelines.sources.evm_node.bronze_rows import Provenance
from pipelines.sources.evm_node.fields import quantity
from pipelines.sources.evm_node.node_client import FEW, NodeClient
from pipelines.sources.evm_node.rpc_request import Call, Outcome
from pipelines.sources.evm_node.tables import HEADS, Head, Header
from pipelines.upstream.request_log import RequestLog

BLOCK = "eth_getBlockByNumber"
LATEST, SAFE, FINALIZED = "latest", "safe", "finalized"


@dataclass
class Heads:
    """The blocks that an endpoint names, by their tag; those that it has."""

    rows: dict[str, tuple[Head, Provenance]] = field(default_factory=dict)

    @property
    def latest(self) -> Head | None:
        """The newest block."""
        return self.rows[LATEST][0] if LATEST in self.rows else None

    @property
    def final(self) -> int:
        """Up to this number blocks are final; -1: nothing is said of it."""
        return self.rows[FINALIZED][0].block_number if FINALIZED in self.rows else -1

    def add(self, tag: str, header: Header, sent: Provenance) -> None:
        """The block of a tag."""
        values = {name: getattr(header, name) for name in Head._fields if name != "tag"}
        self.rows[tag] = (Head(**values, tag=tag), sent)

    def table_rows(self) -> list[Rows]:
        """As bronze has them."""
        if not self.rows:
            return []
        names = (*Head._fields, *Provenance._fields)
        return [Rows.named(HEADS, names, [h + sent for h, sent in self.rows.values()])]


def observe(client: NodeClient, log: RequestLog, *, most: int | None = None) -> Heads:
    """What the endpoint names now; of a chain without tags, what lies so deep.

    `most`: so many attempts, as many as configured by default.

    Raises:
        UpstreamError: it does not answer, or does not say which block is its newest.
    """
    heads = Heads()
    depth = client.endpoint.chain.finality
    tags = [LATEST] if depth is not None else [LATEST, SAFE, FINALIZED]
    found: Sequence[Outcome] = ()
    if "tags" not in client.lacks:
        found = _asked(client, tags, log, most)
        for tag, outcome in zip(tags, found, strict=True):
            _take(heads, client, tag, outcome)
    if heads.latest is None:
        try:
            (outcome,) = _asked(client, [hex(_newest(client, log, most))], log, most)
        except UpstreamError:
            client.forget("tags")  # the endpoint may have moved: the next time tells
            raise
        _take(heads, client, LATEST, outcome, is_needed=True)
        error = found[0].error if found else None
        if error is not None and error.meaning == "parameters":
            client.learn("tags", str(error))
    latest = heads.latest
    if depth is not None and latest is not None and latest.block_number >= depth:
        (outcome,) = _asked(client, [hex(latest.block_number - depth)], log, most)
        _take(heads, client, FINALIZED, outcome)
    return heads


def as_newest(client: NodeClient, number: int, log: RequestLog) -> Heads:
    """The block of a number, taken for the newest of an endpoint that names none.

    Raises:
        UpstreamError: the endpoint does not have it, or does not answer.
        BadDataError: what it sent is none.
    """
    heads = Heads()
    (outcome,) = _asked(client, [hex(number)], log)
    _take(heads, client, LATEST, outcome, is_needed=True)
    return heads


def header_of(client: NodeClient, block: str, log: RequestLog) -> Header:
    """The header of a block, by its number or tag.

    Raises:
        UpstreamError: the endpoint does not have it, or does not answer.
        BadDataError: what it sent is none.
    """
    (outcome,) = _asked(client, [block], log)
    found = _result(client, outcome)
    return answers.header(client.endpoint.chain.chain_id, found)


def check_chain(client: NodeClient, log: RequestLog) -> None:
    """Make sure that the endpoint is of the chain.

    Raises:
        SetupError: it is of another.
        UpstreamError: it does not answer.
    """
    (outcome,) = client.ask([Call("eth_chainId", [])], log, most=FEW)
    error = outcome.error
    if outcome.result is None and (error is None or error.meaning == "method_absent"):
        return  # an endpoint of blocks alone: their hashes tell
    expected = client.endpoint.chain.chain_id
    found = _number(client, outcome)
    if found != expected:
        raise SetupError(
            f"{client.endpoint.origin} is of chain {found}, not of {expected}: its"
            " address is another chain's"
        )


def _asked(
    client: NodeClient, blocks: Sequence[str], log: RequestLog, most: int | None = None
) -> Sequence[Outcome]:
    calls = [Call(BLOCK, [block, False]) for block in blocks]
    return client.ask(calls, log, most=most) if calls else []


def _take(
    heads: Heads,
    client: NodeClient,
    tag: str,
    outcome: Outcome,
    *,
    is_needed: bool = False,
) -> None:
    """Note the block of the tag, if there is one."""
    endpoint = client.endpoint
    try:
        found = _result(client, outcome)
        header = answers.header(endpoint.chain.chain_id, found)
    except (UpstreamError, BadDataError):
        if is_needed:
            raise
        return
    of = (endpoint.name, endpoint.origin, outcome.request_id)
    heads.add(tag, header, Provenance(outcome.received_at, *of))


def _newest(client: NodeClient, log: RequestLog, most: int | None) -> int:
    (outcome,) = client.ask([Call("eth_blockNumber", [])], log, most=most)
    return _number(client, outcome)


def _number(client: NodeClient, outcome: Outcome) -> int:
    found = _result(client, outcome)
    try:
        return quantity({"its answer": found}, "its answer")
    except ValueError as error:
        raise UpstreamError(f"{client.endpoint.origin}: {error}") from error


def _result(client: NodeClient, outcome: Outcome) -> Any:
    if outcome.error is not None:
        raise UpstreamError(f"{client.endpoint.origin}: {outcome.error}")
    return outcome.result
