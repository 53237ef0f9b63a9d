"""A cancelled run looks cancelled: Prefect leaves its tasks running, crashed or failed."""

from datetime import datetime
from typing import Any

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Cancelled


def cancel_tasks(flow: Flow[..., Any], flow_run: FlowRun, state: State) -> None:  # noqa: ARG001
    """A hook for ``on_cancellation``: what the cancelled run was doing is cancelled with it.

    A worker calls it once the run's process has ended; a pod's run has nobody who would.
    """
    asked_to_end = flow_run.state.timestamp if flow_run.state else state.timestamp
    of_the_run = FlowRunFilter.model_validate({"id": {"any_": [flow_run.id]}})
    with get_client(sync_client=True) as client:
        for task in client.read_task_runs(flow_run_filter=of_the_run):
            if task.state and _is_interrupted(task.state, asked_to_end):
                cancelled: State[None] = Cancelled(message="Its flow run was cancelled.")
                client.set_task_run_state(task.id, cancelled, force=True)


def _is_interrupted(state: State, asked_to_end: datetime) -> bool:
    ended_so = (state.is_crashed() or state.is_failed()) and state.timestamp >= asked_to_end
    return ended_so or not state.is_final()
