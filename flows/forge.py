"""Forge a model from a server. READ FIRST: one line per stage."""

from prefect import flow

from flows.evaluate import evaluate
from flows.train import train
from profiles import Quantization, load_recipe
from tasks.check_machine import check_machine
from tasks.check_quality import check_quality
from tasks.domain.products import Bundle
from tasks.fit_toolset import fit_toolset
from tasks.inspect_server import inspect_server
from tasks.package_bundle import package_bundle
from tasks.prepare_base import prepare_base
from tasks.synthesize_dataset import synthesize_dataset


@flow(persist_result=True)
def forge(
    server: str,
    model: str,
    profile: str = "balanced",
    quantization: Quantization = "q8_0",
    samples: int | None = None,
    seed: int | None = None,
    include_tools: list[str] | None = None,
    output: str = "",
) -> Bundle:
    """Forge a local model that can call one MCP server's tools.

    Args:
        server: a registered server (profiles/servers).
        model: the base model (profiles/models).
        profile: the training profile (profiles/training).
        quantization: how the GGUF file's weights are stored.
        samples: rows to train on; the profile's number when empty.
        seed: of data and training; the profile's when empty.
        include_tools: only these tools; all when empty.
        output: the bundle's folder; dist/<server>-<model> when empty.
    """
    recipe = load_recipe(server, model, profile, quantization, samples, seed, include_tools or ())
    check_machine(recipe.model, recipe.quantization, recipe.profile)
    base = prepare_base(recipe.model)
    toolset = inspect_server(recipe.server)
    fit_toolset(toolset, base, recipe.profile.training.max_seq_length)
    draft = synthesize_dataset(toolset, recipe.server, recipe.profile.data)
    dataset = check_quality(draft, base, recipe.profile, recipe.server.name)
    adapter = train(dataset, base, recipe.model, recipe.profile)
    evaluation = evaluate(adapter, dataset.dataset, recipe)
    return package_bundle(evaluation, base, toolset, recipe, output)
