"""The flows without a server: parameters, retries, what prefect.yaml promises."""

import inspect
import logging
import re
import sys
from contextlib import nullcontext
from contextvars import copy_context
from io import StringIO
from itertools import takewhile
from logging import StreamHandler
from signal import SIGINT, SIGTERM, raise_signal, signal
from typing import Any
from uuid import uuid4

import pytest
import yaml
from prefect.cli.deploy._models import PrefectYamlModel
from prefect.client.schemas.objects import State, StateType, TaskRun
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.logging import disable_run_logger
from prefect.utilities.callables import parameter_schema
from prefect_dbt.utilities import kwargs_to_args
from psycopg import OperationalError

from pipelines import telemetry
from pipelines.backfill import ledger
from pipelines.backfill.apply import Applied
from pipelines.config.rows import configuration
from pipelines.errors import (
    BadDataError,
    BullionError,
    BusyError,
    SetupError,
    UpstreamError,
)
from pipelines.settings import PROJECT_DIR
from pipelines.sources import source_spec
from pipelines.sources.evm_node.verify import Verified
from pipelines.upstream.options import LoadOptions
from prefect_flows import backfill, follow_chain, read_contracts
from prefect_flows.backfill import apply_plans, make_plans
from prefect_flows.dbt_run import arguments
from prefect_flows.load import load_scope
from prefect_flows.retries import may_pass, raise_failures, waited_for
from prefect_flows.transform import build
from prefect_flows.verify_chain import verify_blocks, verify_chain

TEXT = (PROJECT_DIR / "prefect_flows" / "prefect.yaml").read_text(encoding="utf-8")
FILE = PrefectYamlModel.model_validate(yaml.safe_load(TEXT))
FLOWS: dict[Any, Flow[..., Any]] = {
    d.name: load_flow_from_entrypoint(str(d.entrypoint), use_placeholder_flow=False)
    for d in FILE.deployments
}

SEEDS = configuration(PROJECT_DIR / "seeds")
TASKS = (load_scope, build, make_plans, apply_plans, verify_blocks)
RUN = TaskRun(task_key="a task", dynamic_key=str(uuid4()))


@pytest.mark.parametrize("deployment", FILE.deployments, ids=lambda d: d.name)
def test_a_deployment_names_a_flow_whose_parameters_fit(deployment):
    flow = FLOWS[deployment.name]
    inspect.signature(flow.fn).bind(**deployment.parameters)
    flow.validate_parameters(deployment.parameters)
    assert deployment.tags
    assert deployment.description
    hooks = (flow.on_failure_hooks, flow.on_crashed_hooks, flow.on_completion_hooks)
    assert all(hooks)  # people are told
    assert deployment.concurrency_limit.limit == 1
    assert deployment.work_pool.job_variables["env"] == telemetry.OFF


def test_the_archive_s_symbols_are_asked_for_only_where_somebody_wants_that():
    (told,) = [d.model_dump() for d in FILE.deployments if d.name == "daily-symbols"]
    assert [schedule["active"] for schedule in told["schedules"]] == [False]
    options = LoadOptions.parse(feeds=told["parameters"]["feeds"])
    chosen = source_spec(told["parameters"]["source"]).chosen
    assert chosen(SEEDS, options) == [("binance", "")]


@pytest.mark.parametrize("name", FLOWS)
def test_every_parameter_of_a_flow_says_what_it_is(name):
    properties = parameter_schema(FLOWS[name]).properties
    assert properties
    assert all(told.get("description") for told in properties.values())


@pytest.mark.parametrize("work", TASKS, ids=lambda t: t.name)
@pytest.mark.parametrize(
    ("error", "again"),
    [
        (UpstreamError("no answer"), True),
        (BusyError("held"), True),
        (BadDataError("wrong"), False),
        (SetupError("missing"), False),
        (KeyError("ours"), False),
    ],
)
def test_a_task_tries_again_only_what_may_pass(work, error, again):
    assert work.retries > 0
    assert work.retry_condition_fn is may_pass
    failed = State(type=StateType.FAILED, data=error)
    assert may_pass(work, RUN, failed) is again


BAD, DOWN, HELD = BadDataError("bad"), UpstreamError("down"), BusyError("held")


@pytest.mark.parametrize(
    ("failures", "kind", "told"),
    [
        ([BAD], BadDataError, "bad"),
        ([BAD, SetupError("missing")], BadDataError, "bad; missing"),
        ([BAD, DOWN], UpstreamError, "bad; down"),
        ([HELD, BAD], UpstreamError, "held; bad"),
        ([DOWN, OperationalError("gone"), BAD], UpstreamError, "down; gone; bad"),
    ],
)
def test_a_load_is_tried_again_while_a_part_of_what_failed_may_pass(
    failures, kind, told
):
    with pytest.raises(BullionError) as raised:
        raise_failures(failures)
    assert (type(raised.value), str(raised.value)) == (kind, told)
    failed = State(type=StateType.FAILED, data=raised.value)
    assert may_pass(load_scope, RUN, failed) is (kind is UpstreamError)


CHAINS = [
    # named, with an endpoint: followed, read
    (None, [], [], []),
    (None, ["ethereum"], [None], [("evm", None)]),
    (["base"], [], [["base"]], [("evm", ["base"])]),
]


@pytest.mark.parametrize(("named", "on", "collected", "loaded"), CHAINS)
def test_flows_of_chains_have_nothing_to_do_where_none_has_an_endpoint(
    monkeypatch, named, on, collected, loaded
):
    """Those that are named, else all: also what is switched on, or added, later."""
    seen, read = [], []
    for module in (follow_chain, read_contracts):
        monkeypatch.setattr(module, "configuration", lambda: None)
        monkeypatch.setattr(module, "followed", lambda _: on)
    monkeypatch.setattr(follow_chain, "collect", lambda **how: seen.append(how))
    monkeypatch.setattr(read_contracts, "load", lambda *of, **_: read.append(of))
    with disable_run_logger():
        follow_chain.follow_chain.fn(named)
        read_contracts.read_contracts.fn(named)
    assert seen == [{"chains": chains, "sources": ["evm"]} for chains in collected]
    assert read == loaded


def test_endpoints_that_differ_fail_the_flow_that_verifies(monkeypatch):
    said = "logs[0].data of block 4 of base is not the same at main and rpc_2"
    for name, stand_in in {
        "configuration": lambda: SEEDS,
        "verify_blocks": lambda chain, *_, one_in: Verified(chain),
        "create_table_artifact": lambda **_: None,
        "told_differently": lambda chain, _: [said] if chain == "base" else [],
    }.items():
        monkeypatch.setattr(f"prefect_flows.verify_chain.{name}", stand_in)
    verify_chain.fn(["ethereum"])
    with pytest.raises(BadDataError, match=re.escape(said)):
        verify_chain.fn(["base", "ethereum"])


def test_a_load_without_failures_is_done():
    raise_failures([])


def test_a_build_leaves_unit_tests_to_ci_and_data_tests_to_who_asks():
    assert _excluded(arguments()) == {"unit_test"}
    assert _excluded(arguments(tests="all")) == {"unit_test"}
    quick = arguments(tests="none", select=["fct_candles+"], full_refresh=True)
    assert quick[quick.index("--select") + 1] == "fct_candles+"
    assert _excluded(quick) == {"unit_test", "test"}
    assert "--full-refresh" in quick


def _excluded(words: list[str]) -> set[str]:
    """Kinds of nodes dbt leaves out, by the words that Prefect's runner gives it."""
    given = kwargs_to_args({}, words)
    told = given[given.index("--exclude-resource-type") + 1 :]
    return set(takewhile(lambda word: not word.startswith("--"), told))


def test_where_a_person_waits_no_task_waits_to_try_again():
    failed = State(type=StateType.FAILED, data=UpstreamError("kraken does not answer"))
    assert may_pass(load_scope, RUN, failed)
    with waited_for():
        # as a task's thread has it
        assert not copy_context().run(may_pass, load_scope, RUN, failed)
    assert may_pass(load_scope, RUN, failed)


@pytest.mark.parametrize("kind", [UpstreamError, BadDataError, RuntimeError])
def test_what_is_refused_is_a_line_on_the_terminal_where_a_person_waits(
    kind, monkeypatch
):
    shown = StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [StreamHandler(shown)])
    logger = logging.getLogger("prefect.task_runs")
    monkeypatch.setattr(logger, "handlers", [])
    for is_waited_for in (False, True):
        with waited_for() if is_waited_for else nullcontext():
            logger.error("it failed", exc_info=kind("kraken does not answer"))
    plain, waited = shown.getvalue().split("it failed\n")[1:]
    way = f"{kind.__name__}: kraken does not answer"
    assert way in plain
    assert (way in waited) is (kind is RuntimeError)


@pytest.mark.parametrize("ends", [SIGINT, SIGTERM])
def test_a_crash_is_no_line_on_the_terminal_of_who_stopped_the_run(ends, monkeypatch):
    shown = StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [StreamHandler(shown)])
    before = signal(SIGTERM, lambda *_: sys.exit())
    stopped = pytest.raises(KeyboardInterrupt) if ends == SIGINT else nullcontext()
    with stopped, waited_for():
        try:
            raise_signal(ends)
        except (KeyboardInterrupt, SystemExit):  # as Prefect's engine does
            logging.getLogger("prefect.flow_runs").exception("Crash detected!")
    signal(SIGTERM, before)
    assert ("Crash detected!" in shown.getvalue()) is (ends == SIGTERM)


def test_a_backfill_leaves_out_who_does_not_answer_and_fails_with_that(monkeypatch):
    """As `bullion backfill apply`: what others have is loaded, and the rest later."""
    away = {("exchange", "binance"): DOWN}
    seen = {}

    def apply(*_, left_out, **__):
        seen.update(left_out)
        return Applied(failures=[BAD])

    for name in ("configuration", "settle_origin"):
        monkeypatch.setattr(backfill, name, lambda *_: None)
    for name in ("connect", "connected"):
        monkeypatch.setattr(backfill, name, lambda *_: nullcontext())
    monkeypatch.setattr(ledger, "plans", lambda *_: [])
    monkeypatch.setattr(backfill, "away", lambda *_: away)
    monkeypatch.setattr(backfill, "apply", apply)
    with disable_run_logger(), pytest.raises(UpstreamError, match=r"^down; bad$"):
        apply_plans.fn([1], 2)
    assert seen == away
