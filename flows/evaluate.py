"""adapter → GGUF → validation → benchmark: what is scored is the file that ships."""

from prefect import flow

from profiles import Recipe
from tasks.benchmark_model import benchmark_model
from tasks.domain.products import Dataset, Evaluation, LoraAdapter
from tasks.export_gguf import export_gguf
from tasks.inspect_server import inspect_server
from tasks.validate_model import validate_model


@flow(persist_result=True)
def evaluate(adapter: LoraAdapter, dataset: Dataset, recipe: Recipe) -> Evaluation:
    """Export an adapter, prove it in real tool loops, score it beside its base.

    The server is listed again instead of handed in: Prefect takes a ``$ref`` anywhere in a flow's
    parameters for a reference to a block, and tools' schemas have them.
    """
    toolset = inspect_server(recipe.server)
    tuned = export_gguf(adapter.base, adapter, recipe.model, recipe.quantization)
    validation = validate_model(tuned, dataset, toolset, recipe)
    base = export_gguf(adapter.base, None, recipe.model, recipe.quantization)
    benchmark = benchmark_model(tuned, base, validation, dataset, recipe)
    return Evaluation(gguf=tuned, validation=validation, benchmark=benchmark)
