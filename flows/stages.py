"""Each stage alone, from files to files; what one writes the next one reads."""

from pathlib import Path

from prefect import flow

from flows.prepare import draft_rows, train_here
from profiles import Model, Profile, Quantization, Recipe, Server, TeacherPlan
from tasks.adopt_dataset import adopt_dataset
from tasks.ask_base import ask_base
from tasks.ask_breadth import BreadthRequest, check_origin, compare_models, measure_breadth
from tasks.benchmark_model import benchmark_model
from tasks.check_quality import check_quality
from tasks.domain.products import (
    ApprovedDataset,
    BenchmarkReport,
    Breadth,
    Bundle,
    Dataset,
    Evaluation,
    GgufModel,
    LoraAdapter,
    Prepared,
    ValidationReport,
)
from tasks.domain.writing.teaching.product import Phrasebook
from tasks.export_gguf import export_gguf
from tasks.hand_over import check_output, hand_over
from tasks.inspect_server import inspect_server
from tasks.package_bundle import package_bundle
from tasks.prepare_base import prepare_base
from tasks.reporting.subject import run_name
from tasks.take_over import take_over
from tasks.validate_model import validate_model
from tasks.write_phrasebook import write_phrasebook


@flow(flow_run_name=run_name)
def generate(recipe: Recipe, output: str) -> Dataset:
    """Server or tool list → train.jsonl, train.heldout.jsonl and their manifest."""
    draft = draft_rows(recipe)
    hand_over(draft.dataset, output)
    return draft.dataset


@flow(flow_run_name=run_name)
def write_book(server: Server, plan: TeacherPlan, output: str) -> Phrasebook:
    """A server or tool list → a phrasebook of all its tools, written by a teacher."""
    toolset = inspect_server(server)
    book = write_phrasebook(toolset, server, plan, whole=True)
    hand_over(book, output)
    return book


@flow(flow_run_name=run_name)
def check(
    model: Model, profile: Profile, data: str, heldout: str, tools: str, report: str
) -> ApprovedDataset:
    """Rows → a quality report as JSON and Markdown, or a refusal."""
    draft = adopt_dataset(data, heldout, tools, model.thinks)
    base = prepare_base(model)
    check_again = check_quality.with_options(refresh_cache=True)  # its files are to be written
    return check_again(draft, base, profile, Path(data).stem, report)


@flow(flow_run_name=run_name)
def train_alone(
    model: Model, profile: Profile, data: str, heldout: str, tools: str, output: str
) -> LoraAdapter:
    """Rows → an adapter's folder; they pass the gate first."""
    check_output(output)
    draft = adopt_dataset(data, heldout, tools, model.thinks)
    base = prepare_base(model)
    dataset = check_quality(draft, base, profile, Path(data).stem)
    adapter = train_here(Prepared(base=base, dataset=dataset), model, profile)
    hand_over(adapter, output)
    return adapter


@flow(flow_run_name=run_name)
def export(model: Model, quantization: Quantization, adapter: str, output: str) -> GgufModel:
    """An adapter's folder → a GGUF file."""
    trained = take_over(adapter, LoraAdapter)
    base = prepare_base(model)
    exported = export_gguf(base, trained, model, quantization)
    hand_over(exported, output)
    return exported


@flow(flow_run_name=run_name)
def validate(recipe: Recipe, gguf: str, data: str, output: str) -> ValidationReport:
    """A GGUF file and held-out rows → a validation report, tool loops really run."""
    model = take_over(gguf, GgufModel)
    dataset = take_over(data, Dataset)
    toolset = inspect_server(recipe.server)
    report = validate_model(model, dataset, toolset, recipe)
    hand_over(report, output)
    return report


@flow(flow_run_name=run_name)
def benchmark(
    recipe: Recipe, gguf: str, data: str, validation: str, output: str
) -> BenchmarkReport:
    """A validated GGUF file → its scorecard beside the base's."""
    tuned = take_over(gguf, GgufModel)
    dataset = take_over(data, Dataset)
    validated = take_over(validation, ValidationReport)
    base = export_gguf(prepare_base(recipe.model), None, recipe.model, recipe.quantization)
    answers = ask_base(base, dataset, recipe)
    other = measure_breadth(tuned, base, recipe)
    report = benchmark_model(tuned, answers, validated, dataset, recipe, other)
    hand_over(report, output)
    return report


@flow(flow_run_name=run_name)
def pack(recipe: Recipe, gguf: str, validation: str, benchmark: str, output: str) -> Bundle:
    """A GGUF file and its reports → a bundle."""
    evaluation = Evaluation(
        gguf=take_over(gguf, GgufModel),
        validation=take_over(validation, ValidationReport),
        benchmark=take_over(benchmark, BenchmarkReport),
    )
    base = prepare_base(recipe.model)
    toolset = inspect_server(recipe.server)
    return package_bundle(evaluation, base, toolset, recipe, output)


@flow(flow_run_name=run_name)
def breadth(bundle: BreadthRequest) -> Breadth:
    """A bundle's model → what it lost, beside its base as a run exports it."""
    folder = check_origin(prepare_base(bundle.base), bundle)
    base = export_gguf(folder, None, bundle.base, bundle.quantization)
    return compare_models(bundle.tuned, base, bundle.plan)


@flow(flow_run_name=run_name)
def breadth_beside(bundle: BreadthRequest, base: GgufModel) -> Breadth:
    """A bundle's model → what it lost, beside a file of its base."""
    return compare_models(bundle.tuned, base, bundle.plan)
