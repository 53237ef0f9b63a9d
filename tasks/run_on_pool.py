"""A stage that runs elsewhere: start its run or find it again, wait, hand back its result."""

import time
from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from prefect import Flow, Task, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterIdempotencyKey
from prefect.client.schemas.objects import FlowRun, State, StateType, TaskRun
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.states import AwaitingRetry

from tasks.domain.conversations import fingerprint
from tasks.domain.errors import StageCancelled, StageCrashed, StageNotDeployed
from tasks.reporting.outage import OUTAGES, is_away, read_run

_POLL_SECONDS = 5
_RETRY_SECONDS = 30
"""A worker reports a crash twice, on a busy machine 27 s apart. A run that is queued again between
them loses against the second report; queued once more, it may run twice at a time."""
_AWAY_SECONDS = 1800
"""How long an API that is away is asked to start a run. One that is under way is waited for as long
as it takes."""

_Result = TypeVar("_Result")


def _may_go_on(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Again after a crash or an outage; never after an error of the stage or a person's cancel."""
    return isinstance(state.data, StageCrashed) or is_away(state.data)


@task(
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=_RETRY_SECONDS,
    retry_condition_fn=_may_go_on,
    task_run_name="{stage.name}-on-pool",
)
def run_on_pool(stage: Flow[..., _Result], parameters: dict[str, Any]) -> _Result:
    """Run the deployment ``<stage>/<model>`` and wait for it, also through an outage of the API.

    A retry, of this task or of the flow it belongs to, goes on with the same run: what is under way
    is waited for, what crashed is queued again under its id, what is done is read.

    Raises:
        StageNotDeployed: there is no such deployment.
        StageCrashed: its process ended without a word; queued again twice before that.
        StageCancelled: somebody cancelled it.
        ForgeError: whatever stopped the stage itself.
    """
    deployment = f"{stage.name}/{parameters['model']}"
    run = _wait(*_start(deployment, stage.serialize_parameters(parameters)))
    assert run.state is not None
    if run.state.type == StateType.CRASHED:
        raise StageCrashed(f"{deployment}, run {run.name}: {run.state.message}")
    if run.state.type == StateType.CANCELLED:
        raise StageCancelled(
            f"{deployment}, run {run.name}, was cancelled; retry this run to go on from its state"
        )
    result: _Result = run.state.result()
    return result


def _start(deployment: str, parameters: dict[str, Any]) -> tuple[UUID, int | None]:
    """The run of these parameters for the calling flow run: the one that is there, or a new one.

    With it, how often it had begun when it was queued again; None where it was not. While the API
    is away, it is asked again: the key keeps a second run from being made.
    """
    deadline = time.monotonic() + _AWAY_SECONDS
    while True:
        try:
            return _start_once(deployment, parameters)
        except OUTAGES as error:
            if not is_away(error) or time.monotonic() > deadline:
                raise
            get_run_logger().warning("The API does not start %s now: %s", deployment, error)
        time.sleep(_POLL_SECONDS)


def _start_once(deployment: str, parameters: dict[str, Any]) -> tuple[UUID, int | None]:
    key = f"{runtime.flow_run.id}/{fingerprint([deployment, parameters])[:16]}"
    same = FlowRunFilter(idempotency_key=FlowRunFilterIdempotencyKey(any_=[key]))
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(flow_run_filter=same, limit=1)
        if runs and _has_ended_badly(runs[0]):
            _queue_again(runs[0].id)
            return runs[0].id, runs[0].run_count
    if runs:
        return runs[0].id, None
    try:
        run: FlowRun = run_deployment(  # type: ignore[assignment]  # sync here
            deployment, parameters=parameters, idempotency_key=key, timeout=0
        )
    except ObjectNotFound as error:
        raise _not_deployed(deployment) from error
    return run.id, None


def check_deployed(stages: Iterable[str], model: str) -> None:
    """Make sure that a model's stages can be run, before anything is made for them.

    Raises:
        StageNotDeployed: one has no deployment.
    """
    with get_client(sync_client=True) as client:
        for stage in stages:
            deployment = f"{stage}/{model}"
            try:
                client.read_deployment_by_name(deployment)
            except ObjectNotFound as error:
                raise _not_deployed(deployment) from error


def _not_deployed(deployment: str) -> StageNotDeployed:
    model = deployment.partition("/")[2]
    return StageNotDeployed(
        f"no deployment {deployment}; needed: deployed = true, the default, below [deployment] in "
        f"the file of the model {model}, and make deploy"
    )


def _has_ended_badly(run: FlowRun) -> bool:
    state = run.state
    return state is not None and state.is_final() and not state.is_completed()


def _wait(run_id: UUID, queued_at: int | None) -> FlowRun:
    """The run in its final state. While the API is away, the run is fine: ask again.

    ``queued_at``: how often it had begun when it was queued again. Where it has crashed and not
    begun since, that is the second report of the old crash, late on a busy machine: once more.
    """
    logger, last = get_run_logger(), ""
    while True:
        run = read_run(run_id)
        if run is not None and run.state is not None:
            if run.state.name != last:
                logger.info("Run %s is %s", run.name, run.state.name)
                last = run.state.name or ""
            if run.state.is_crashed() and run.run_count == queued_at:
                queued_at = None
                _queue_again(run_id)
            elif run.state.is_final():
                return run
        time.sleep(_POLL_SECONDS)


def _queue_again(run_id: UUID) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run_id, AwaitingRetry(), force=True)
