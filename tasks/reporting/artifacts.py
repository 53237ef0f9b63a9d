"""Every artifact that mcp-forge makes; a key per kind, server and model is a timeline in Prefect.

An artifact is for people: what it shows also lies in a product or a report. So an API that is away
costs the artifact and a warning, never the stage, which may have trained for hours.
"""

import platform
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from prefect import Task
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger

from profiles import Model, Profile, Recipe, profile_text
from tasks.domain import reports
from tasks.domain.bundle.tool_changes import ToolChanges, changes_markdown
from tasks.domain.evaluation.challenge import Verdict, challenge_markdown
from tasks.domain.evaluation.leaderboard import TrialResult, leaderboard_markdown
from tasks.domain.gate.preview import Preview
from tasks.domain.gate.preview_report import preview_markdown
from tasks.domain.products import (
    AdapterComparison,
    ApprovedDataset,
    BenchmarkReport,
    Bundle,
    Challenge,
    GgufModel,
    LoraAdapter,
    QualityReport,
    TrainingPlan,
    ValidationReport,
)
from tasks.domain.toolcalls import ConfusedTools
from tasks.domain.training.progress import StageUpdate, TrainingUpdate
from tasks.reporting import risk_coverage
from tasks.reporting.loss_curve import as_markdown
from tasks.reporting.subject import model_name, server_name


def key(kind: str, name: str, server: str = "") -> str:
    """An artifact key: Prefect takes lower-case letters, digits and dashes only.

    ``name``: of the server or of the model; the run says the other one, unless it is given.
    """
    whole = "-".join([kind, *_subject(name, server)])
    return re.sub(r"[^a-z0-9]+", "-", whole.lower()).strip("-")


def _subject(name: str, server: str) -> tuple[str, str]:
    """Server and model; empty where neither the caller nor the run says one."""
    server = server or server_name()
    return server, model_name() if name == server else name


def _description(kind: str, name: str, server: str = "") -> str:
    server, model = _subject(name, server)
    return kind.replace("-", " ") + f" of {model}" * bool(model) + f" for {server}" * bool(server)


@contextmanager
def surviving_an_outage(what: str) -> Iterator[None]:
    """Let the work go on when the API does not take an artifact, after the client's own tries."""
    try:
        yield
    except (httpx.HTTPError, OSError, PrefectException) as error:
        get_run_logger().warning("%s: not shown in Prefect: %r", what, error)


def _show(markdown: str, kind: str, name: str, server: str = "") -> None:
    with surviving_an_outage(f"{kind} of {name}"):
        create_markdown_artifact(
            markdown,
            key=key(kind, name, server),
            description=_description(kind, name, server),
        )


def quality(report: QualityReport, model: str, server: str) -> None:
    """What the gate saw, whether it let the data through or not."""
    _show(f"Rows for {server}\n\n{reports.quality_markdown(report)}", "quality", model)


def dataset(approved: ApprovedDataset, model: str, server: str) -> None:
    """The approved data: where it is and what it holds."""
    files = approved.dataset
    _show(
        f"# Dataset for {server}\n\n"
        f"| split | rows | file | sha256 |\n|---|---:|---|---|\n"
        f"| train | {files.train_rows} | `{files.train.uri}` | `{files.train.sha256}` |\n"
        f"| held out | {files.heldout_rows} | `{files.heldout.uri}` | `{files.heldout.sha256}` |\n"
        + "\n"
        + "".join(f"* {reports.inline(note)}\n" for note in files.notes),
        "dataset",
        model,
    )


def rows(preview: Preview, server: str) -> None:
    """Three rows token by token, and what became of the rows."""
    _show(preview_markdown(preview), "rows", server)


def memory(plan: TrainingPlan, model: Model, profile: Profile) -> None:
    """Whether a training fits, and how long it will take."""
    _show(reports.plan_markdown(plan, model, profile), "memory", model.name)


def adapter(saved: LoraAdapter) -> None:
    """Where the adapter lies, what it was made from, how it went."""
    record = saved.record
    resumption = f" (resumed at {record.resumed_at_step})" * bool(record.resumed_at_step)
    facts = {
        "path": f"`{saved.files.uri}`",
        "sha256": f"`{saved.files.sha256}`",
        "size": f"{saved.files.size_bytes / 1e6:.1f} MB",
        "base": f"{saved.base.origin} (`{saved.base.files.sha256[:12]}…`, {saved.base.licence})",
        "profile": saved.profile,
        "loss": f"{record.first_loss:.4f} → {record.final_loss:.4f}",
        "held-out loss": "none" if record.eval_loss is None else f"{record.eval_loss:.4f}",
        "loss on general text": reports.general_loss(record.general_loss),
        "steps": f"{record.steps}{resumption}",
        "training time": f"{record.seconds:.0f} s",
    }
    settings = "\n".join(
        f"| {name} | {value} | {'' if effective == value else effective} |"
        for name, value in record.requested.items()
        for effective in [record.effective.get(name, value)]
    )
    rows = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    _show(
        f"# Adapter for {saved.model}\n\n| | |\n|---|---|\n{rows}\n\n"
        f"| setting | requested | effective where it differs |\n|---|---|---|\n{settings}\n",
        "adapter",
        saved.model,
    )


def loss_curve(model: str, markdown: str) -> UUID:
    """Begin a loss curve; ``update_loss_curve`` goes on with it in place."""
    return create_markdown_artifact(  # type: ignore[return-value]
        markdown, key=key("loss-curve", model), description=_description("loss-curve", model)
    )


def update_loss_curve(artifact_id: UUID, markdown: str) -> None:
    """Replace the text of a loss curve."""
    with get_client(sync_client=True) as client:
        client.update_artifact(artifact_id, ArtifactUpdate(data=markdown))


def progress(kind: str, model: str, update: TrainingUpdate | StageUpdate) -> UUID:
    """Begin a progress; ``update_progress`` goes on with it in place."""
    return create_progress_artifact(  # type: ignore[return-value]
        100 * update.fraction, key=key(kind, model), description=update.text
    )


def update_progress(artifact_id: UUID, update: TrainingUpdate | StageUpdate) -> None:
    """Move a progress on."""
    update_progress_artifact(artifact_id, 100 * update.fraction, update.text)


def finished_loss_curve(saved: LoraAdapter) -> str:
    """The curve of a finished training."""
    record = saved.record
    return as_markdown(saved.model, record.losses, record.eval_losses, f"profile {saved.profile}")


def training_from_cache(_task: "Task[..., Any]", _run: TaskRun, state: "State[Any]") -> None:
    """A hook: a run that takes its training from the cache shows adapter and loss curve too."""
    if state.name == "Cached":
        saved = state.result()
        adapter(saved)
        _show(finished_loss_curve(saved), "loss-curve", saved.model)


def gguf(model: GgufModel) -> None:
    """The exported file and what was compared."""
    notes = "".join(f"* {reports.inline(note)}\n" for note in model.notes)
    _show(
        f"# GGUF of {model.name}\n\n`{model.files.uri}`, {model.quantization}, "
        f"{model.files.size_bytes / 1e6:.1f} MB, sha256 `{model.files.sha256}`\n\n{notes}",
        "gguf",
        model.name,
    )


def adapter_comparison(comparison: AdapterComparison, model: str) -> None:
    """The file that ships beside the adapter that it was made from."""
    _show(reports.adapter_markdown(comparison), "adapter-comparison", model)


def validation(report: ValidationReport, model: str) -> None:
    """The loops that were really run."""
    _show(reports.validation_markdown(report), "validation", model)


def scorecard(report: BenchmarkReport, recipe: Recipe, cores: int) -> None:
    """The tuned model beside its base and trivial baselines; of what, when and where measured.

    ``cores``: how many this process had of the machine.
    """
    model, profile = recipe.model.name, recipe.profile
    title = profile_text(profile.name, profile.changes)
    page = (
        f"# {model} for {recipe.server.name}\n\nProfile {title}, {recipe.quantization}, "
        f"measured on {datetime.now(UTC):%Y-%m-%d at %H:%M} UTC on "
        f"{platform.node()} ({cores} cores).\n\n"
        + reports.scorecard_markdown(report, profile.thresholds)
        + risk_coverage.as_markdown(report.confidence)
    )
    _show(page, "scorecard", model)


def confusion(pairs: Sequence[ConfusedTools], model: str) -> None:
    """Which tool was called instead of which."""
    _show(reports.confusion_markdown(pairs), "confusion", model)


def challenge(comparison: Challenge, verdict: Verdict, model: str) -> None:
    """The new model and the champion side by side."""
    word = "better" if verdict.promoted else "not promoted"
    _show(challenge_markdown(comparison, f"**{word}**: {verdict.reason}."), "challenge", model)


def bundle(product: Bundle) -> None:
    """Where the bundle lies, whether it is the champion, and how to try it."""
    word = "the champion" if product.promoted else "not promoted"
    place = shlex.quote(product.path)
    decision = f"Version `{product.version}`, {word}: {reports.inline(product.reason)}.\n\n"
    _show(
        f"# Bundle {product.server} on {product.model}\n\n"
        f"`{product.path}`, sha256 `{product.sha256}`\n\n"
        f"{decision if product.version else ''}"
        f"```\nmcp-forge chat {place}\nmcp-forge verify-bundle {place}\n```\n",
        "bundle",
        product.model,
        product.server,
    )


def leaderboard(results: Sequence[TrialResult], server: str) -> None:
    """The trials of a sweep, best settings first."""
    _show(leaderboard_markdown(results), "leaderboard", server)


def tool_changes(changes: ToolChanges) -> None:
    """What a watch saw of a server's tools, tool by tool."""
    _show(changes_markdown(changes), "tools", changes.server)


def dataset_card(text: str, server: str) -> None:
    """What the rows are, in the hub's form; its header behind the text, where it is no heading."""
    _, header, page = text.split("---\n", 2)
    _show(f"{page.lstrip()}\n## Header\n\n```yaml\n{header}```\n", "dataset-card", server)


def phrasebook(text: str, server: str) -> None:
    """What a teacher wrote, and what was thrown out."""
    _show(text, "phrasebook", server)
