"""All checks, in the order in which to mend what fails."""

from collections.abc import Iterator

from pipelines.doctor import machine, postgres, upstreams
from pipelines.doctor.stream import checks
from pipelines.settings import settings
from pipelines.sources import specs
from pipelines.upstream.health_check import CheckResult


def examination() -> list[CheckResult]:
    """Every check. With wrong settings the rest can not be examined."""
    return list(_checks())


def _checks() -> Iterator[CheckResult]:
    yield machine.PYTHON.run()
    read = machine.SETTINGS.run()
    yield read
    if not read.ok:
        return
    yield machine.DATA_DIR.run()
    yield machine.DISK.run()
    if settings().is_embedded:
        yield from postgres.embedded()
    warehouse = postgres.WAREHOUSE.run()
    yield warehouse
    if warehouse.ok:
        for spec in specs():
            yield from (check.run() for check in spec.checks())
    yield from checks.checks(has_warehouse=warehouse.ok)
    yield from upstreams.upstreams()
    yield from machine.strays()
