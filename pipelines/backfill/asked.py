"""Whom the open chunks of plans ask."""

from collections.abc import Iterable, Mapping

from pipelines.backfill.chunk import ARCHIVE, Chunk, Plan
from pipelines.config.model import Configuration
from pipelines.sources import spec_of_feed, specs
from pipelines.sources.preflight import Asked, addresses_of
from pipelines.upstream.options import LoadOptions


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
