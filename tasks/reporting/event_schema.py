"""Every event of mcp-forge as data: its name, the resource it is about, what its payload holds.

``docs/events.md`` says the same to people, and a test holds the two together. Emitting is done in
``tasks.reporting.events``.
"""

from collections.abc import Callable
from typing import Any

from pydantic import Field

from tasks.domain import Frozen
from tasks.domain.bundle.tool_changes import ToolChanges
from tasks.domain.evaluation.challenge import Verdict
from tasks.domain.products import (
    AdapterAnswers,
    BaseAnswers,
    BaseModelFolder,
    BenchmarkReport,
    Bundle,
    Challenge,
    Dataset,
    Finding,
    GgufModel,
    LoraAdapter,
    QualityReport,
    Toolset,
    ValidationReport,
)
from tasks.domain.training.progress import StageUpdate, TrainingUpdate
from tasks.domain.writing.teaching.product import Phrasebook

Fact = int | float | str


class TrainingPayload(Frozen):
    """How far a training is. Losses are text: as a number "nan" becomes null on the way."""

    step: int
    total_steps: int
    fraction: float
    loss: str | None = None
    eval_loss: str | None = None
    learning_rate: float | None = None
    gradient_norm: float | None = None
    epoch: float | None = None
    tokens_per_second: float | None = None
    seconds_left: float | None = None
    detail: str = ""

    @classmethod
    def of(cls, update: TrainingUpdate) -> "TrainingPayload":
        """A moment of a training as an event tells it."""
        facts = update.model_dump() | {"fraction": update.fraction}
        texts = {
            name: str(facts[name]) for name in ("loss", "eval_loss") if facts[name] is not None
        }
        return cls.model_validate(facts | texts)


class StageProgressPayload(Frozen):
    """How far a stage is that asks a model, downloads or exports one."""

    stage: str
    done: int
    total: int
    unit: str
    fraction: float
    seconds: float
    seconds_left: float | None = None

    @classmethod
    def of(cls, update: StageUpdate) -> "StageProgressPayload":
        """A moment of a stage as an event tells it."""
        return cls.model_validate(update.model_dump() | {"fraction": update.fraction})


class StagePayload(Frozen):
    """Which stage ended well, whether it had to work, and what a person asks of it first."""

    stage: str
    cached: bool
    seconds: float
    """Of work: 0 when the result was there already."""
    facts: dict[str, Fact] = Field(default={})
    """The names per stage are those of ``STAGE_FACTS``."""


class QualityPayload(Frozen):
    """Why the gate stopped a run."""

    rows: int
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, report: QualityReport) -> "QualityPayload":
        """The rules that were broken."""
        broken = tuple(finding for finding in report.findings if not finding.passed)
        return cls(rows=report.rows, findings=broken)


class ValidationPayload(Frozen):
    """Which thresholds a model missed."""

    failures: tuple[str, ...]
    completion: float


class AdapterPayload(Frozen):
    """Where an adapter lies and how its training went."""

    uri: str
    sha256: str
    size_bytes: int
    base: str
    base_sha256: str
    profile: str
    steps: int
    final_loss: float
    eval_loss: float | None = None
    parameters: dict[str, Any] = Field(default={})
    """The training flow's parameters as its form has them; who evaluates asks for the same."""

    @classmethod
    def of(cls, adapter: LoraAdapter, parameters: dict[str, Any]) -> "AdapterPayload":
        """What a reader of the event needs to fetch, to judge and to evaluate the adapter."""
        return cls(
            uri=adapter.files.uri,
            sha256=adapter.files.sha256,
            size_bytes=adapter.files.size_bytes,
            base=adapter.base.origin,
            base_sha256=adapter.base.files.sha256,
            profile=adapter.profile,
            steps=adapter.record.steps,
            final_loss=adapter.record.final_loss,
            eval_loss=adapter.record.eval_loss,
            parameters=parameters,
        )


class BundlePayload(Frozen):
    """Where a bundle lies and what it was made for."""

    path: str
    sha256: str
    server: str
    model: str
    profile: str
    toolset_fingerprint: str
    version: str
    reason: str


class VerdictPayload(Frozen):
    """Which version, beside which champion, and why it was or was not promoted."""

    version: str
    champion: str | None
    reason: str


class Kind(Frozen):
    """One kind of event; the words in braces are filled in when it is emitted."""

    name: str
    resource: str
    payload: type[Frozen]


RUN = "prefect.flow-run.{flow_run}"
MODEL = "mcp-forge.model.{model}"
SERVER = "mcp-forge.server.{server}"

# Proactive automations find the run to act on only where it is the primary resource.
TRAINING = Kind(name="mcp-forge.training.{moment}", resource=RUN, payload=TrainingPayload)
EVALUATION = Kind(name="mcp-forge.evaluation.{moment}", resource=RUN, payload=StageProgressPayload)
WORK = Kind(name="mcp-forge.{stage}.{moment}", resource=RUN, payload=StageProgressPayload)
STAGE = Kind(name="mcp-forge.stage.{stage}.completed", resource=RUN, payload=StagePayload)
QUALITY_FAILED = Kind(name="mcp-forge.quality.failed", resource=RUN, payload=QualityPayload)
VALIDATION_FAILED = Kind(
    name="mcp-forge.validation.failed", resource=RUN, payload=ValidationPayload
)
ADAPTER_SAVED = Kind(
    name="mcp-forge.adapter.saved", resource="mcp-forge.adapter.{model}", payload=AdapterPayload
)
BUNDLE_PUBLISHED = Kind(
    name="mcp-forge.bundle.published",
    resource="mcp-forge.bundle.{server}-{model}",
    payload=BundlePayload,
)
BUNDLE_REJECTED = Kind(
    name="mcp-forge.bundle.rejected",
    resource="mcp-forge.bundle.{server}-{model}",
    payload=VerdictPayload,
)
APPROVAL_REQUESTED = Kind(name="mcp-forge.approval.requested", resource=RUN, payload=VerdictPayload)
TOOLS_CHANGED = Kind(name="mcp-forge.tools.changed", resource=SERVER, payload=ToolChanges)
KINDS = (
    TRAINING,
    EVALUATION,
    WORK,
    STAGE,
    QUALITY_FAILED,
    VALIDATION_FAILED,
    ADAPTER_SAVED,
    BUNDLE_PUBLISHED,
    BUNDLE_REJECTED,
    APPROVAL_REQUESTED,
    TOOLS_CHANGED,
)


def _base(base: BaseModelFolder) -> dict[str, Fact]:
    return {"model": base.model, "origin": base.origin, "sha256": base.files.sha256}


def _toolset(toolset: Toolset) -> dict[str, Fact]:
    return {
        "server": toolset.server,
        "tools": len(toolset.tools),
        "fingerprint": toolset.fingerprint,
    }


def _adapter(adapter: LoraAdapter) -> dict[str, Fact]:
    record = adapter.record
    return {
        "steps": record.steps,
        "final_loss": record.final_loss,
        "sha256": adapter.files.sha256,
        "uri": adapter.files.uri,
    }


def _gguf(gguf: GgufModel) -> dict[str, Fact]:
    return {
        "model": gguf.name,
        "quantization": gguf.quantization,
        "sha256": gguf.files.sha256,
        "uri": gguf.files.uri,
        "size_bytes": gguf.files.size_bytes,
    }


def _validation(report: ValidationReport) -> dict[str, Fact]:
    return {
        "completion": report.completion.value,
        "tool_selection": report.score.tool_selection.value,
    }


def _base_answers(base: BaseAnswers) -> dict[str, Fact]:
    return {"prompts": len(base.answers), "test_prompts": len(base.hand_written)}


def _adapter_answers(adapter: AdapterAnswers | None) -> dict[str, Fact]:
    return {"prompts": len(adapter.answers) if adapter else 0}


def _benchmark(report: BenchmarkReport) -> dict[str, Fact]:
    return {"tuned": report.tuned.mean, "base": report.base.mean}


def _phrasebook(book: Phrasebook) -> dict[str, Fact]:
    """Nothing where no teacher wrote one."""
    return {"lines": book.lines, "rejections": book.rejections} if book.file else {}


def _prompt(data: Dataset) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"tools_in_prompt": data.prompt.mode}
    return facts | {"tools_selected": data.prompt.selected} if data.prompt.selected else facts


def _bundle(bundle: Bundle) -> dict[str, Fact]:
    return {"path": bundle.path, "sha256": bundle.sha256}


def _challenge(comparison: Challenge | None) -> dict[str, Fact]:
    return (
        {"champion": comparison.champion, "difference": comparison.difference} if comparison else {}
    )


def _verdict(verdict: Verdict) -> dict[str, Fact]:
    return {"promoted": int(verdict.promoted), "reason": verdict.reason}


STAGE_FACTS: dict[str, Callable[[Any], dict[str, Fact]]] = {
    "check_machine": lambda _: {},
    "prepare_base": _base,
    "inspect_server": _toolset,
    "fit_toolset": lambda fitted: {"prefix_tokens": fitted.prompt.prefix_tokens},
    "write_phrasebook": _phrasebook,
    "synthesize_dataset": lambda data: {"rows": data.train_rows, "heldout": data.heldout_rows},
    "mix_dataset": lambda data: {"rows": data.train_rows, "heldout": data.heldout_rows},
    "show_tools": _prompt,
    "describe_dataset": lambda data: {"card": data.card.uri if data.card else ""},
    "check_quality": lambda data: {"rows": data.report.rows},
    "estimate_memory": lambda plan: {"bytes": plan.estimate.total, "seconds": plan.seconds},
    "train_adapter": _adapter,
    "export_gguf": _gguf,
    "ask_adapter": _adapter_answers,
    "validate_model": _validation,
    "ask_base": _base_answers,
    "ask_breadth": lambda breadth: {"prompts": len(breadth.answers)},
    "benchmark_model": _benchmark,
    "challenge_champion": _challenge,
    "publish_version": lambda version: {"version": version.id, "uri": version.files.uri},
    "judge_version": _verdict,
    "ask_person": _verdict,
    "promote_version": _bundle,
    "package_bundle": _bundle,
}
"""What each stage's ``completed`` event says of the stage's result."""
