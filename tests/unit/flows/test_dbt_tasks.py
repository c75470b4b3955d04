"""A node's task runs in the context of its flow, after the tasks it stands on."""

from contextvars import ContextVar, copy_context
from typing import Any
from uuid import uuid4

import pytest
from prefect.states import Completed
from prefect.tasks import Task

from prefect_flows import dbt_tasks
from prefect_flows.dbt_tasks import NodeTasks

FLOW = ContextVar("flow", default="none")


def test_a_node_runs_in_its_flows_context_and_waits_for_the_nodes_below(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = []

    def run(task: Task[Any, Any], **options: Any) -> Any:
        heard.append((FLOW.get(), task.name, options["wait_for"]))
        return Completed(message=task.name)

    monkeypatch.setattr(dbt_tasks, "run_task_sync", run)
    asked = FLOW.set("the hourly one")
    tasks = NodeTasks(copy_context())
    FLOW.reset(asked)  # who calls back is another thread, without a context
    tasks.set_node_dependencies("above", ["below", "never_ran"])
    for node in ("below", "above"):
        task = Task(lambda: None, name=node)
        tasks.run_task_in_thread(node, task, uuid4(), parameters={}, context={})
        tasks.join(timeout_s=10)

    below = tasks.get_task_result("below")
    assert below.message == "below"
    assert heard == [
        ("the hourly one", "below", []),
        ("the hourly one", "above", [below]),
    ]
