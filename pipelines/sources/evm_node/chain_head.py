"""Which of a chain's endpoints may be asked, and what they say of its head."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import count

from pipelines.errors import (
    BadDataError,
    BullionError,
    SetupError,
    UpstreamError,
    as_one,
)
from pipelines.sources.evm_node.heads import (
    Heads,
    as_newest,
    check_chain,
    header_of,
    observe,
)
from pipelines.sources.evm_node.node_client import FEW, NodeClient
from pipelines.upstream.request_log import RequestLog
from pipelines.upstream.retry import wait_after


def usable(clients: Sequence[NodeClient], log: RequestLog) -> Sequence[NodeClient]:
    """Those that answer, and are of the chain; each is examined once.

    Where none says of which chain it is, all: they may have blocks alone.

    Raises:
        SetupError: one is of another chain, and none of this.
    """
    found: list[NodeClient] = []
    failures: list[BullionError] = []
    for client in clients:
        try:
            if not client.is_of_chain:
                check_chain(client, log)
                client.is_of_chain = True
        except (SetupError, UpstreamError) as error:
            failures.append(error)
        else:
            found.append(client)
    if not found and any(isinstance(error, SetupError) for error in failures):
        raise _as_one(failures)
    return found or clients


def observed(
    clients: Sequence[NodeClient], log: RequestLog, *, is_needed: bool
) -> Heads:
    """What the first endpoint that answers says of the head; tried again if needed.

    Raises:
        UpstreamError: none does, and it is needed.
    """
    for number in count(1):
        failures: list[BullionError] = []
        for client in clients:
            try:
                return observe(client, log, most=None if is_needed else FEW)
            except (BadDataError, UpstreamError) as error:
                failures.append(error)
        if not is_needed:
            return Heads()
        if number >= clients[0].attempts:
            raise _as_one(failures)
        wait_after(number, str(_as_one(failures)), clients[0].clock.sleep)
    raise AssertionError("it counts for ever")  # pragma: no cover


def taken_for_newest(
    clients: Sequence[NodeClient], number: int, log: RequestLog
) -> Heads:
    """The block of a number, as the first endpoint that has it sends it again."""
    for client in clients:
        with suppress(UpstreamError, BadDataError):
            return as_newest(client, number, log)
    return Heads()


def hash_of(
    clients: Sequence[NodeClient], number: int, log: RequestLog
) -> bytes | None:
    """The hash of a block's number, by the first endpoint that answers it."""
    for client in clients:
        with suppress(UpstreamError, BadDataError):
            return header_of(client, hex(number), log).block_hash
    return None


def _as_one(failures: Sequence[BullionError]) -> BullionError:
    return failures[0] if len(failures) == 1 else as_one(failures)
