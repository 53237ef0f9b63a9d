"""Emitting of events: the products and moments that they tell; ``event_schema`` says how they look.

Prefect adds task run, flow run, flow, deployment and tags as related resources by itself. An event
waits in the process until the API takes it, and an API that is away fails nobody.
"""

import logging
import threading
from functools import cache
from typing import Any

import httpx
from prefect import Task, runtime
from prefect.client.schemas.objects import State, TaskRun
from prefect.events import emit_event
from prefect.events.worker import EventsWorker
from prefect.exceptions import PrefectException
from prefect.logging.loggers import task_run_logger

from tasks.domain import Frozen
from tasks.domain.bundle.tool_changes import ToolChanges
from tasks.domain.evaluation.challenge import Verdict
from tasks.domain.products import Bundle, LoraAdapter, QualityReport, ValidationReport
from tasks.domain.training.progress import StageUpdate, TrainingUpdate
from tasks.reporting import event_schema as schema
from tasks.reporting import terminal
from tasks.reporting.subject import server_name

ALONE = "mcp-forge.alone"
"""Label of an adapter: "true" when no other run waits for it, so that an automation may go on."""

# Prefect logs two lines for each hook; ours logs one of its own, which says more.
logging.getLogger("prefect.task_runs").addFilter(
    lambda record: not str(record.msg).startswith(("Running hook 'stage", "Hook 'stage"))
)

_FORM = ("server", "profile", "samples", "seed", "include_tools", "tools_in_prompt")


def training(update: TrainingUpdate, model: str) -> None:
    """``mcp-forge.training.<moment>`` of the flow run that trains."""
    payload = schema.TrainingPayload.of(update)
    _emit(schema.TRAINING, payload, {"mcp-forge.model": model}, moment=update.moment, model=model)


def stage_progress(update: StageUpdate, model: str) -> None:
    """``mcp-forge.evaluation.<moment>`` of the flow run that asks a model, or its like."""
    payload = schema.StageProgressPayload.of(update)
    labels = {"mcp-forge.model": model}
    kind = schema.EVALUATION if update.unit == "answers" else schema.WORK
    _emit(kind, payload, labels, stage=update.stage, moment=update.moment, model=model)


def stage_completed(task: "Task[..., Any]", task_run: TaskRun, state: "State[Any]") -> None:
    """``mcp-forge.stage.<name>.completed``: a hook of every stage, also of one from the cache."""
    cached = state.name == "Cached"
    start = task_run.start_time or state.timestamp
    payload = schema.StagePayload(
        stage=task.name,
        cached=cached,
        seconds=0 if cached else (state.timestamp - start).total_seconds(),
        facts=schema.STAGE_FACTS[task.name](state.result()),
    )
    line = terminal.stage(payload.stage, payload.seconds, payload.cached, payload.facts)
    task_run_logger(task_run, task).info("%s", " ".join(line.split()))
    _emit(schema.STAGE, payload, stage=task.name)


def quality_failed(report: QualityReport, model: str) -> None:
    """``mcp-forge.quality.failed``: the gate stopped the run."""
    _emit(schema.QUALITY_FAILED, schema.QualityPayload.of(report), model=model)


def validation_failed(report: ValidationReport, model: str) -> None:
    """``mcp-forge.validation.failed``: the model missed a threshold."""
    payload = schema.ValidationPayload(failures=report.failures, completion=report.completion.value)
    _emit(schema.VALIDATION_FAILED, payload, model=model)


def adapter_saved(adapter: LoraAdapter) -> None:
    """``mcp-forge.adapter.saved`` of the adapter."""
    is_alone = runtime.flow_run.flow_name == "train" and not _this_run()[0]
    alone = {ALONE: "true" if is_alone else "false"}
    parameters = runtime.flow_run.parameters
    form = {name: parameters.get(name) for name in _FORM if _is_plain(parameters.get(name))}
    payload = schema.AdapterPayload.of(adapter, form)
    _emit(schema.ADAPTER_SAVED, payload, alone, model=adapter.model)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | list)


def bundle_published(bundle: Bundle) -> None:
    """``mcp-forge.bundle.published`` of the bundle: it is the champion from here on."""
    payload = schema.BundlePayload.model_validate(bundle.model_dump())
    _emit(schema.BUNDLE_PUBLISHED, payload, server=bundle.server, model=bundle.model)


def bundle_rejected(bundle: Bundle, verdict: Verdict) -> None:
    """``mcp-forge.bundle.rejected`` of the bundle: the champion stays what it was."""
    payload = _of_verdict(bundle.version, verdict)
    _emit(schema.BUNDLE_REJECTED, payload, server=bundle.server, model=bundle.model)


def approval_requested(version: str, model: str, verdict: Verdict) -> None:
    """``mcp-forge.approval.requested`` of the run that pauses for a person."""
    _emit(schema.APPROVAL_REQUESTED, _of_verdict(version, verdict), model=model)


def _of_verdict(version: str, verdict: Verdict) -> schema.VerdictPayload:
    return schema.VerdictPayload(version=version, champion=verdict.champion, reason=verdict.reason)


def tools_changed(changes: ToolChanges, model: str) -> None:
    """``mcp-forge.tools.changed`` of the server."""
    _emit(schema.TOOLS_CHANGED, changes, server=changes.server, model=model)


def flush(seconds: float = 20) -> None:
    """Wait until every event so far has been sent, at most so long."""
    # Joining Prefect's queue has no time-out of its own, and an API that is away empties nothing.
    waiting = threading.Thread(target=EventsWorker.instance().wait_until_empty, daemon=True)
    waiting.start()
    waiting.join(seconds)


def _emit(
    kind: schema.Kind,
    payload: Frozen,
    labels: dict[str, str] | None = None,
    **names: str,
) -> None:
    """``names`` fill in the braces of the kind's name and resource; ``model`` becomes related."""
    resource = kind.resource.format(flow_run=runtime.flow_run.id, **names)
    is_run = kind.resource == schema.RUN
    name = runtime.flow_run.name if is_run else resource.split(".", 2)[2]
    related = [_related(schema.MODEL.format(**names), "base-model")] if "model" in names else []
    parent, server = _this_run()
    if parent:
        related.append(_related(f"prefect.flow-run.{parent}", "parent-flow-run"))
    if server and kind.resource != schema.SERVER:
        related.append(_related(schema.SERVER.format(server=server), "mcp-server"))
    emit_event(
        kind.name.format(**names),
        resource={
            "prefect.resource.id": resource,
            "prefect.resource.name": name or "",
            **(labels or {}),
        },
        payload=payload.model_dump(mode="json"),
        related=related,
    )


def _related(resource: str, role: str) -> dict[str, str]:
    return {"prefect.resource.id": resource, "prefect.resource.role": role}


def _this_run() -> tuple[str | None, str]:
    return _of_run(runtime.flow_run.id or "")


@cache
def _of_run(flow_run: str) -> tuple[str | None, str]:
    """The flow run that waits for this one, and the server that this one is about.

    Asked once: an API that is away is not asked again.
    """
    if not flow_run:
        return None, ""
    try:
        return runtime.flow_run.parent_flow_run_id, server_name()
    except (httpx.HTTPError, OSError, PrefectException):
        return None, ""
