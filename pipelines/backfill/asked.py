"""Whom the open chunks of plans ask, and who of them does not answer."""

from collections.abc import Iterable, Mapping, Sequence

from pipelines.backfill import ledger
from pipelines.backfill.chunk import ARCHIVE, Chunk, Plan
from pipelines.bronze.load import Say
from pipelines.config.model import Configuration
from pipelines.errors import UpstreamError
from pipelines.sources import spec_of_feed, specs
from pipelines.sources.preflight import Asked, absent, addresses_of, nobody
from pipelines.upstream.options import LoadOptions
from pipelines.warehouse import Connection


def asked_of(plan: Plan, chunk: Chunk) -> Asked:
    """The source that the chunk is loaded from, and its scope."""
    if chunk.route == ARCHIVE:
        return next(spec.name for spec in specs() if spec.archive), plan.scope
    return spec_of_feed(plan.feed).name, plan.scope


def asked_addresses(
    plans: Iterable[Plan], chunks: Iterable[Chunk], config: Configuration
) -> Mapping[Asked, Mapping[str, str]]:
    """The addresses of those whom these chunks of the plans ask."""
    plan_of = {plan.plan_id: plan for plan in plans}
    wanted = {(plan_of[c.plan_id], asked_of(plan_of[c.plan_id], c)[0]) for c in chunks}
    return addresses_of(
        (
            (source, LoadOptions([plan.scope], [plan.subject] if plan.subject else ()))
            for plan, source in wanted
        ),
        config,
    )


def away(
    connection: Connection, plans: Sequence[Plan], config: Configuration, say: Say
) -> Mapping[Asked, UpstreamError]:
    """Whom what is left of the plans would ask, and who does not answer.

    Each is looked at once, in seconds, before anything is tried, and named by `say`.

    Raises:
        UpstreamError: nobody answers; names each, and what may mend it.
    """
    chunks = ledger.open_chunks(connection, [one.plan_id for one in plans])
    addresses = asked_addresses(plans, chunks, config)
    found = absent(addresses)
    if found and len(found) == len(addresses):
        raise nobody(found.values())
    for failure in found.values():
        say(f"left out: {failure}")
    return found
