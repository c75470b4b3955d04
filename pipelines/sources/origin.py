"""What a warehouse is loaded from: the real upstreams, or one simulation.

docs/decisions/0020-a-warehouse-has-one-origin.md
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import LiteralString
from urllib.parse import urlsplit

from pipelines import warehouse
from pipelines.bronze.load import Say
from pipelines.errors import SetupError
from pipelines.local import port as ports
from pipelines.local import stack
from pipelines.settings import (
    export,
    rpc_chains,
    rpc_urls_setting,
    settings,
    stand_ins,
)
from pipelines.sources import url_settings

REAL = "the real upstreams"
# what a load that brought nothing said of itself gives way
NOTE: LiteralString = """
insert into ops.origin (origin) values (%s)
on conflict (is_one) do update set origin = excluded.origin
where not exists (
    select from ops.deliveries
    where table_name not in ('requests', 'pages') and rows_count > 0
)
"""


@dataclass(frozen=True)
class Simulation:
    """A sandbox that answers: its name, and the settings that lead to it."""

    name: str
    urls: Mapping[str, str]


def settle_origin(say: Say, *, loads: bool = True) -> None:
    """Let this process ask what the warehouse is loaded from, or refuse.

    The first load decides (`loads` False: what only asks does not). In a warehouse of a
    simulation whose sandbox runs, settings that are not set lead there from now on.

    Raises:
        SetupError: rows of two origins would stand side by side; says the way out.
    """
    asked = _asked()
    name = asked.name if asked else REAL
    try:
        connection = warehouse.connect("loader", warehouse.process_name("origin"))
    except SetupError:
        return  # no server: the load says so, once it has looked at its own words
    with connection:
        held = _held(connection)
        if loads:
            connection.execute(NOTE, (name,))
            held = _held(connection)
    if held not in (None, name) and not stand_ins(_settings()):
        own = simulation(stack.sandbox_address())
        if own and own.name == held:
            say(f"asking the sandbox that this warehouse is loaded from ({held})")
            asked, name = own, own.name
    if held not in (None, name):
        raise SetupError(
            f"this warehouse is loaded from {held}; {name} would be asked, and rows of"
            f" both would stand side by side: {_way_out(str(held), name)}"
        )
    if asked:
        set_ones = stand_ins(asked.urls)
        export({s: url for s, url in asked.urls.items() if s not in set_ones})


def _held(connection: warehouse.Connection) -> str | None:
    held = warehouse.scalar(connection, "select origin from ops.origin")
    return None if held is None else str(held)


def _asked() -> Simulation | None:
    """The simulation that the settings lead to; None: they lead to none."""
    roots = {_root(url) for url in stand_ins(_settings()).values()}
    found = {one.name: one for one in map(simulation, sorted(roots)) if one}
    if len(found) > 1:
        raise SetupError(
            f"the settings lead to several simulations: {', '.join(found)}"
        )
    return next(iter(found.values()), None)


def simulation(address: str | None) -> Simulation | None:
    """The simulation at an address; None: it is none, or does not answer."""
    parts = urlsplit(address or "")
    if parts.scheme != "http" or not parts.hostname:
        return None
    answer = ports.http_get(parts.hostname, parts.port or 80, "/health")
    if answer is None or answer[0] != HTTPStatus.OK:
        return None
    try:
        told = json.loads(answer[1])
        return Simulation(str(told["simulation"]), dict(told["settings"]))
    except (ValueError, TypeError, KeyError):
        return None


def _settings() -> Sequence[str]:
    """Every setting that may lead to a simulation."""
    return [*url_settings(), *map(rpc_urls_setting, rpc_chains())]


def _root(url: str) -> str:
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or 80}"


def _way_out(held: str, name: str) -> str:
    setting = "BULLION_DATA_DIR" if settings().is_embedded else "PGDATABASE"
    back = (
        "unset the BULLION_…_URL settings"
        if held == REAL
        else "`bullion up sandbox` starts its sandbox"
        if name == REAL
        else "lead the BULLION_…_URL settings back to it, or unset them"
    )
    return f"{back}; or load {name} into a warehouse of its own, by {setting}"
