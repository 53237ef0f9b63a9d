"""Forge a model from a server. READ FIRST: one line per stage."""

from prefect import flow

from flows.evaluate import evaluate
from flows.placement import check_machine_once, place
from flows.promotion import promote_if_better
from flows.train import train
from profiles import Quantization, ToolsInPrompt, load_recipe
from profiles.form import ModelName, ProfileName, Samples, Seed, ServerName
from tasks.check_quality import check_quality
from tasks.describe_dataset import describe_dataset
from tasks.domain.products import Bundle, Prepared, Trained
from tasks.fit_toolset import fit_toolset
from tasks.inspect_server import inspect_server
from tasks.mix_dataset import mix_dataset
from tasks.package_bundle import check_place
from tasks.prepare_base import prepare_base
from tasks.reporting.subject import run_name
from tasks.show_tools import show_tools
from tasks.synthesize_dataset import synthesize_dataset
from tasks.write_phrasebook import write_phrasebook


@flow(flow_run_name=run_name, persist_result=True)
def forge(
    server: ServerName,
    model: ModelName,
    profile: ProfileName = "balanced",
    quantization: Quantization = "q8_0",
    samples: Samples | None = None,
    seed: Seed | None = None,
    include_tools: list[str] | None = None,
    tools_in_prompt: ToolsInPrompt | None = None,
    output: str = "",
) -> Bundle:
    """Forge a local model that can call one MCP server's tools; only a better one is promoted.

    Args:
        server: the registered server whose tools the model is to call.
        model: the base model.
        profile: the training profile.
        quantization: how the GGUF file's weights are stored.
        samples: rows to train on; the profile's number when empty.
        seed: of data and training; the profile's when empty.
        include_tools: only these tools, by name or pattern; all when empty.
        tools_in_prompt: which tools a prompt lists; the profile's choice when empty.
        output: a folder below dist for what is forged, promoted or not; when empty, a version that
            is promoted goes to dist/<server>-<model>.
    """
    recipe = load_recipe(
        server, model, profile, quantization, samples, seed, include_tools or (), tools_in_prompt
    )
    check_place(recipe.server.name, recipe.model.name, output)
    check_machine_once(recipe)
    base = prepare_base(recipe.model)
    toolset = inspect_server(recipe.server)
    fitted = fit_toolset(toolset, base, recipe.model, recipe.profile)
    book = write_phrasebook(fitted.toolset, recipe.server, fitted.profile.teacher)
    written = synthesize_dataset(fitted.toolset, recipe.server, fitted.profile.data, book)
    mixed = mix_dataset(written, fitted.toolset, fitted.profile.own, recipe.model.thinks)
    shown = show_tools(mixed, fitted)
    draft = describe_dataset(shown, recipe.server, fitted.profile.teacher, fitted.profile.own)
    dataset = check_quality(draft, base, fitted.profile, recipe.server.name)
    prepared = Prepared(base=base, dataset=dataset)
    adapter = place(
        train, server, model, profile, samples, seed, include_tools, tools_in_prompt, prepared
    )
    trained = Trained(adapter=adapter, dataset=dataset.dataset)
    evaluation = place(
        evaluate,
        server,
        model,
        profile,
        quantization,
        samples,
        seed,
        include_tools,
        tools_in_prompt,
        trained,
    )
    return promote_if_better(evaluation, toolset, recipe, output)
