"""All checks, in the order in which to mend what fails."""

from collections.abc import Iterator

from pipelines.doctor import machine, postgres, upstreams
from pipelines.doctor.check import CheckResult
from pipelines.doctor.stream import checks
from pipelines.settings import settings


def examination() -> list[CheckResult]:
    """Every check. With wrong settings the rest can not be looked at."""
    return list(_checks())


def _checks() -> Iterator[CheckResult]:
    yield machine.python()
    read = machine.environment()
    yield read
    if not read.ok:
        return
    yield machine.data_dir()
    yield machine.disk()
    if settings().is_embedded:
        yield from postgres.embedded()
    warehouse = postgres.warehouse()
    yield warehouse
    yield from checks.checks(has_warehouse=warehouse.ok)
    yield from upstreams.upstreams()
    yield from machine.strays()
