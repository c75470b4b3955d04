"""Prefect's runner of dbt, with the tasks of nodes in the context of their flow."""

import threading
from contextvars import Context, copy_context
from typing import Any
from uuid import UUID

from dbt.cli.main import dbtRunnerResult
from prefect.task_engine import run_task_sync
from prefect.tasks import Task
from prefect_dbt import PrefectDbtRunner
from prefect_dbt.core._tracker import NodeTaskTracker


class NodeTasks(NodeTaskTracker):  # type: ignore[misc]
    """The task of each node, in a thread that has a copy of the flow's context.

    Prefect's own makes the context anew from what was serialized, twice a node: with
    settings that are read from files, and a client that loads all certificates. Of
    the CPU time of `bullion demo`'s process this was half.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._threads: list[threading.Thread] = []

    def run_task_in_thread(
        self,
        node_id: str,
        task: Task[Any, Any],
        task_run_id: UUID,
        parameters: dict[str, Any],
        context: dict[str, Any],  # noqa: ARG002 the thread has it already
    ) -> None:
        """Begin the task; it ends when dbt says that its node has."""

        def run() -> None:
            before = map(self.get_task_result, self.get_node_dependencies(node_id))
            state = run_task_sync(
                task,
                task_run_id=task_run_id,
                parameters=parameters,
                wait_for=[state for state in before if state],
                return_type="state",
            )
            self.set_task_result(node_id, state)

        thread = threading.Thread(target=self._context.copy().run, args=(run,))
        self._threads.append(thread)
        thread.daemon = True
        thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for each thread: who ended before them would lose their states."""
        for thread in self._threads:
            thread.join(timeout_s)


class NodeRunner(PrefectDbtRunner):  # type: ignore[misc]
    """`PrefectDbtRunner` with these tasks."""

    outcome: dbtRunnerResult | None = None
    _tasks: NodeTasks | None = None

    def _extract_run_artifacts(self, res: dbtRunnerResult) -> Any:
        self.outcome = res  # with dbt's own exception, which is raised as text
        return super()._extract_run_artifacts(res)

    def _create_unified_callback(
        self, task_state: NodeTaskTracker, *arguments: Any, **options: Any
    ) -> Any:
        self._tasks = task_state = NodeTasks(copy_context())
        return super()._create_unified_callback(task_state, *arguments, **options)

    def join(self, timeout_s: float) -> None:
        """Wait for the tasks of nodes, which are left to threads of their own."""
        if self._tasks:
            self._tasks.join(timeout_s)
