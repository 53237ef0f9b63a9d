"""adapter → GGUF → validation → benchmark: what is scored is the file that ships."""

from prefect import flow

from profiles import Recipe
from tasks.benchmark_model import benchmark_model
from tasks.domain.products import Dataset, Evaluation, LoraAdapter, Toolset
from tasks.export_gguf import export_gguf
from tasks.validate_model import validate_model


@flow(persist_result=True)
def evaluate(
    adapter: LoraAdapter, dataset: Dataset, toolset: Toolset, recipe: Recipe
) -> Evaluation:
    """Export an adapter, prove it in real tool loops, score it beside its base."""
    tuned = export_gguf(adapter.base, adapter, recipe.model, recipe.quantization)
    validation = validate_model(tuned, dataset, toolset, recipe)
    base = export_gguf(adapter.base, None, recipe.model, recipe.quantization)
    benchmark = benchmark_model(tuned, base, validation, dataset, recipe)
    return Evaluation(gguf=tuned, validation=validation, benchmark=benchmark)
