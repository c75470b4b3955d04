"""What doctor examines of chains: each endpoint answers, and is of its chain."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipelines import warehouse
from pipelines.config.listener import StaticConfig
from pipelines.config.model import ChainEndpointChoice, Configuration
from pipelines.config.rows import configuration
from pipelines.errors import BullionError
from pipelines.settings import rpc_urls, rpc_urls_setting
from pipelines.sources.evm_node.clients import Clients
from pipelines.sources.evm_node.endpoints import endpoints_of
from pipelines.sources.evm_node.heads import check_chain, observe
from pipelines.upstream.clock import SystemClock
from pipelines.upstream.health_check import (
    ANSWER_TIMEOUT_S,
    FailedCheckError,
    HealthCheck,
)
from pipelines.upstream.request_log import RequestLog


def checks() -> Sequence[HealthCheck]:
    """One for each endpoint of a chain that is enabled; none without addresses."""
    try:
        config = configuration()
    except BullionError:
        return []  # other checks tell why
    enabled = [c.chain for c in config.chains.values() if c.is_enabled]
    return [check for chain in enabled for check in _of_chain(config, chain)]


def _of_chain(config: Configuration, chain: str) -> Sequence[HealthCheck]:
    setting = rpc_urls_setting(chain)
    try:
        count = len(rpc_urls(chain))
        endpoints = endpoints_of(config, chain) if count else []
    except BullionError as error:
        return [HealthCheck(chain, partial(_refuse, str(error)), f"set {setting}")]
    without = [
        row
        for row in config.chain_endpoints
        if row.chain == chain and row.is_enabled and row.list_position > count > 0
    ]
    return [
        *(
            HealthCheck(e.origin, partial(_answers, config, e.origin), f"set {setting}")
            for e in endpoints
        ),
        *(
            HealthCheck(
                f"{chain}/{row.endpoint}", partial(_absent, row), f"set {setting}"
            )
            for row in without
        ),
    ]


def _answers(config: Configuration, origin: str) -> str:
    """Ask once: whoever waits for doctor has no patience."""
    seconds = ANSWER_TIMEOUT_S
    once = replace(config.thresholds, attempts=1, request_timeout_seconds=seconds)
    clients = Clients(
        StaticConfig(replace(config, thresholds=once)), _connect, SystemClock()
    )
    log: RequestLog = []
    try:
        of_chain = clients.of(origin.partition("/")[0], "live")
        (client,) = (c for c in of_chain if c.endpoint.origin == origin)
        check_chain(client, log)
        latest = observe(client, log).latest
    finally:
        clients.close()
    number = f"{latest.block_number:,}" if latest else "none"
    lacks = f"; lacks {', '.join(sorted(client.lacks))}" if client.lacks else ""
    return f"answers; its newest block is {number}{lacks}"


def _absent(row: ChainEndpointChoice) -> str:
    raise FailedCheckError(
        f"{rpc_urls_setting(row.chain)} has no address {row.list_position}"
    )


def _refuse(message: str) -> str:
    raise FailedCheckError(message)


def _connect() -> warehouse.Connection:
    return warehouse.connect("loader", warehouse.process_name("doctor"))
