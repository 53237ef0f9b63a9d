"""For stage 8: what the tuned model lost: both models asked about functions of other people."""

from pathlib import Path
from typing import get_args

from prefect import task

from profiles import Model, Quantization, Recipe, load_model
from tasks.caching import ByContent
from tasks.domain.errors import BundleInvalid, UnusableModel
from tasks.domain.evaluation.bfcl import ANSWER_TOKENS
from tasks.domain.evaluation.breadth import compare_breadth
from tasks.domain.products import (
    BaseModelFolder,
    Breadth,
    BreadthAnswer,
    BreadthAnswers,
    BreadthPlan,
    GgufModel,
    Product,
    StoredFile,
)
from tasks.external import bfcl_package
from tasks.external.bundle_folder import open_bundle
from tasks.external.storage import Storage, digest
from tasks.external.student import student
from tasks.reporting import events
from tasks.reporting.stage_progress import StageReporter


class BreadthRequest(Product):
    """A bundle's model that is to be set beside its base."""

    name: str
    tuned: GgufModel
    base: Model
    origin: str
    """Where the weights of its base come from; empty where the bundle does not say."""
    plan: BreadthPlan

    @property
    def quantization(self) -> Quantization:
        """How the base's weights are stored: as the tuned model's."""
        return self.tuned.quantization


@task(
    # Which file it is counts, not what it is called: the template is inside.
    cache_policy=ByContent(only={"model": ("files",)}, beside=lambda _: bfcl_package.source()),
    persist_result=True,
    on_completion=[events.stage_completed],
)
def ask_breadth(model: GgufModel, plan: BreadthPlan) -> BreadthAnswers:
    """Ask one model, and judge each answer as the leaderboard does.

    Raises:
        ExportFailed: llama.cpp cannot load the file, or does not answer.
        UnusableData: the package's files are not what this was written for.
    """
    questions = bfcl_package.draw(plan.per_category, plan.seed)
    with (
        student(Storage().fetch(model.files), plan.stop, plan.answer_tokens) as served,
        StageReporter("breadth", model.name, len(questions)) as progress,
    ):
        texts = [one.answer for one in progress.over(served.answers(questions))]
    return BreadthAnswers(
        gguf=model.files.sha256,
        source=bfcl_package.source(),
        answers=tuple(
            BreadthAnswer(
                id=question.entry.id,
                category=question.category,
                right=None if text is None else bfcl_package.is_right(question, text),
            )
            for question, text in zip(questions, texts, strict=True)
        ),
    )


def compare_models(tuned: GgufModel, base: GgufModel, plan: BreadthPlan) -> Breadth:
    """Ask both; what either was asked before comes from the cache."""
    return compare_breadth(ask_breadth(tuned, plan), ask_breadth(base, plan), plan)


def measure_breadth(tuned: GgufModel, base: GgufModel, recipe: Recipe) -> Breadth | None:
    """What the tuned model lost; None where the profile asks no such questions.

    Raises:
        MachineTooSmall: the package with the questions is not installed.
    """
    evaluation = recipe.profile.evaluation
    if not evaluation.breadth_per_category:
        return None
    bfcl_package.check_installed()
    plan = _plan(recipe.model, evaluation.breadth_per_category, recipe.profile.data.seed)
    return compare_models(tuned, base, plan)


def request_of(folder: str, per_category: int, seed: int) -> BreadthRequest:
    """A bundle's model and what it is asked, its files checked.

    Raises:
        MachineTooSmall: the package with the questions is not installed.
        BundleInvalid: a file is missing or altered, or agent.yaml does not name the base.
        ProfileError: the base is not a model that is known here.
    """
    bfcl_package.check_installed()
    bundle = open_bundle(Path(folder))
    agent = bundle.agent
    if not agent.model:
        raise BundleInvalid(f"{folder}: agent.yaml names no model; needed the base it is tuned on")
    stored = next((q for q in get_args(Quantization) if q == agent.file.quantization), None)
    if stored is None:
        raise BundleInvalid(
            f"{folder}: agent.yaml says quantization {agent.file.quantization!r}; needed one of "
            f"{', '.join(get_args(Quantization))}, to store the base alike"
        )
    base = load_model(agent.model)
    file = Path(bundle.path, agent.file.name)
    return BreadthRequest(
        name=agent.name,
        tuned=gguf_model(agent.name, file, stored),
        base=base,
        origin=agent.base.origin,
        plan=_plan(base, per_category, seed),
    )


def gguf_model(name: str, file: Path, quantization: Quantization) -> GgufModel:
    """A file that lies somewhere, as a stage takes it; UnusableModel where there is none."""
    if not file.is_file():
        raise UnusableModel(f"{file}: no such file; needed a GGUF file")
    sha256, size = digest(file)
    stored = StoredFile(uri=str(file.absolute()), sha256=sha256, size_bytes=size)
    return GgufModel(name=name, files=stored, quantization=quantization)


def check_origin(base: BaseModelFolder, bundle: BreadthRequest) -> BaseModelFolder:
    """The base, if it is the one that the bundle's model was tuned on.

    Raises:
        UnusableModel: its weights come from somewhere else.
    """
    if bundle.origin not in ("", base.origin):
        raise UnusableModel(
            f"{bundle.name} was tuned on {bundle.origin}, and {base.model} is {base.origin} here; "
            "give the GGUF file of its base with --base"
        )
    return base


def _plan(model: Model, per_category: int, seed: int) -> BreadthPlan:
    return BreadthPlan(
        per_category=per_category,
        seed=seed,
        stop=model.stop,
        answer_tokens=ANSWER_TOKENS + model.thought_tokens,
    )
