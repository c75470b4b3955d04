"""The local stack: its services up, down, and what they are doing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local import (
    bootstrap,
    debezium_distribution,
    kafka_service,
    lock,
    place,
    postgres,
    postgres_connection,
    role_logins,
    sandbox_service,
)
from pipelines.local.debezium_service import Debezium
from pipelines.local.kafka_service import Kafka
from pipelines.local.postgres import Postgres
from pipelines.local.prefect_services import PrefectServer, PrefectWorker
from pipelines.local.sandbox_service import Sandbox
from pipelines.local.service import (
    Say,
    Service,
    ServiceStatus,
    UnavailableError,
    bring_up,
    silent,
    take_down,
)
from pipelines.local.service import status as status_of
from pipelines.settings import settings

# In the order in which they start; they stop in the reverse.
SERVICES: dict[str, Callable[[], Service]] = {
    postgres_connection.NAME: Postgres.from_settings,
    sandbox_service.NAME: Sandbox.from_settings,
    kafka_service.NAME: Kafka.from_settings,
    debezium_distribution.NAME: Debezium.from_settings,
    PrefectServer.name: PrefectServer.from_settings,
    PrefectWorker.name: PrefectWorker.from_settings,
}
# What `bullion up` starts when no name is given. Kafka and Debezium Server start by
# name: no load depends on them, and their first start downloads 750 MB. Prefect's do
# by `bullion schedule up`, which has the worker something to run.
BY_DEFAULT = (postgres_connection.NAME, sandbox_service.NAME)


def up(
    only: Sequence[str] | None = None,
    say: Say = silent,
    fill: bootstrap.Fill = lambda _: None,
) -> list[ServiceStatus]:
    """Start what does not run (`BY_DEFAULT`, or `only` these), and bootstrap Postgres.

    `fill`: of `bootstrap.apply`. `pipelines.bootstrap.up` gives what a warehouse needs.

    With `PGHOST`, `BULLION_KAFKA` or `BULLION_DEBEZIUM` set, the given server is used
    and none is started. A second `up` at the same time waits for the first.

    Raises:
        SetupError: a service can not run here, or a name is none of ours.
        UnavailableError: one of `only` is not available on this machine now.
        BusyError: another `up` or `down` takes longer than five minutes.
    """
    chosen = _chosen(only)
    with _locked(say):
        statuses = []
        for name in chosen:
            if not _is_given(name):
                statuses += _bring_up(name, say, may_lack=only is None)
            if name == postgres_connection.NAME:
                bootstrap.apply(fill=fill, say=say, **postgres.warehouse_parameters())
                if settings().is_embedded:
                    role_logins.make(place.data_dir())
        return statuses


def down(
    only: Sequence[str] | None = None, *, delete: bool = False, say: Say = silent
) -> list[ServiceStatus]:
    """Stop every service (`only` these); `delete` removes data and secrets as well.

    Raises:
        SetupError: a service did not stop.
    """
    chosen = SERVICES if only is None else only
    with _locked(say):
        services = [SERVICES[name]() for name in reversed(SERVICES) if name in chosen]
        statuses = [take_down(service, say) for service in services]
        if delete:
            for service in services:
                service.delete(say)
        return statuses


def status(only: Sequence[str] | None = None) -> list[ServiceStatus]:
    """What each service (`only` these) is doing now."""
    chosen = SERVICES if only is None else only
    return [status_of(make()) for name, make in SERVICES.items() if name in chosen]


def sandbox_urls() -> dict[str, str]:
    """The settings that lead loads to the running sandbox."""
    return Sandbox.from_settings().urls()


def sandbox_address() -> str | None:
    """Where the sandbox that `up` started answers; None: it does not."""
    sandbox = Sandbox.from_settings()
    return sandbox.address if sandbox.ready() else None


def lock_file() -> Path:
    """What an `up` or `down` holds while it works."""
    return place.data_dir() / "stack.lock"


def _bring_up(name: str, say: Say, *, may_lack: bool) -> list[ServiceStatus]:
    try:
        return [bring_up(SERVICES[name](), say)]
    except UnavailableError as error:
        if not may_lack:
            raise
        say(f"{name} is left out: {error}")
        return []


def _is_given(name: str) -> bool:
    """Whether the settings name a server of one's own for it."""
    if name == postgres_connection.NAME:
        return not settings().is_embedded
    return bool(getattr(settings(), name, None))


@contextmanager
def _locked(say: Say) -> Iterator[None]:
    with lock.held(lock_file(), say):
        yield


def _chosen(only: Sequence[str] | None) -> list[str]:
    unknown = sorted(set(only or ()) - set(SERVICES))
    if unknown:
        raise SetupError(
            f"no service is called {', '.join(unknown)}: there are "
            f"{', '.join(SERVICES)}"
        )
    return [name for name in SERVICES if name in (BY_DEFAULT if only is None else only)]
