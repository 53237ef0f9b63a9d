"""Every event that mcp-forge emits: its name, the resource it is about, its payload.

Training events have the training's flow run as primary resource, because proactive automations find
the run to act on only there. Prefect adds task run, flow, deployment and tags by itself.
"""

from typing import Any

from prefect import runtime
from prefect.events import emit_event

from tasks.domain.products import ApprovedDataset, Bundle, LoraAdapter, QualityReport
from tasks.domain.progress import TrainingUpdate

PREFIX = "mcp-forge"


def training(update: TrainingUpdate, model: str) -> None:
    """``mcp-forge.training.<moment>`` of the flow run that trains."""
    payload = update.model_dump(exclude={"moment"}) | {"fraction": update.fraction}
    _emit(
        f"training.{update.moment}",
        {**_this_run(), f"{PREFIX}.model": model},
        # A number that is not one becomes null on the way; text keeps «nan» readable.
        {
            name: str(v) if name.endswith("loss") and v is not None else v
            for name, v in payload.items()
        },
        related=[_related("model", model, "base-model")],
    )


def stage_completed(stage: str, facts: dict[str, Any]) -> None:
    """``mcp-forge.stage.<name>.completed`` of the flow run that the stage belongs to."""
    _emit(f"stage.{stage}.completed", _this_run(), facts)


def quality_failed(report: QualityReport) -> None:
    """``mcp-forge.quality.failed``: the gate stopped the run."""
    failed = [f.model_dump() for f in report.findings if not f.passed]
    _emit("quality.failed", _this_run(), {"findings": failed, "rows": report.rows})


def quality_passed(dataset: ApprovedDataset) -> None:
    """``mcp-forge.stage.check_quality.completed`` with what a person asks first."""
    stage_completed("check_quality", {"rows": dataset.report.rows})


def adapter_saved(adapter: LoraAdapter) -> None:
    """``mcp-forge.adapter.saved`` of the adapter."""
    _emit(
        "adapter.saved",
        _resource("adapter", adapter.model),
        {
            "uri": adapter.files.uri,
            "sha256": adapter.files.sha256,
            "profile": adapter.profile,
            "final_loss": adapter.record.final_loss,
            "eval_loss": adapter.record.eval_loss,
        },
        related=[_related("model", adapter.model, "base-model")],
    )


def bundle_published(bundle: Bundle) -> None:
    """``mcp-forge.bundle.published`` of the bundle."""
    _emit(
        "bundle.published",
        _resource("bundle", f"{bundle.server}-{bundle.model}"),
        bundle.model_dump(),
        related=[_related("model", bundle.model, "base-model")],
    )


def _emit(
    name: str,
    resource: dict[str, str],
    payload: dict[str, Any],
    related: list[dict[str, str]] | None = None,
) -> None:
    emit_event(f"{PREFIX}.{name}", resource=resource, payload=payload, related=related)


def _this_run() -> dict[str, str]:
    return {
        "prefect.resource.id": f"prefect.flow-run.{runtime.flow_run.id}",
        "prefect.resource.name": runtime.flow_run.name or "",
    }


def _resource(kind: str, name: str) -> dict[str, str]:
    return {"prefect.resource.id": f"{PREFIX}.{kind}.{name}", "prefect.resource.name": name}


def _related(kind: str, name: str, role: str) -> dict[str, str]:
    return {"prefect.resource.id": f"{PREFIX}.{kind}.{name}", "prefect.resource.role": role}
