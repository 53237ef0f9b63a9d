"""Forge a model from a server. READ FIRST: one line per stage."""

from functools import partial

from prefect import flow

from flows.evaluate import evaluate
from flows.placement import check_machine_once, place
from flows.prepare import draft_rows
from flows.promotion import promote_if_better
from flows.second_round import second_round
from flows.train import train
from profiles import Quantization, ToolsInPrompt, load_recipe
from profiles.form import ModelName, ProfileName, Samples, Seed, ServerName
from tasks.check_quality import check_quality
from tasks.domain.products import Bundle, Prepared, Trained
from tasks.package_bundle import check_place
from tasks.reporting.cancellation import cancel_tasks
from tasks.reporting.subject import run_name


@flow(flow_run_name=run_name, persist_result=True, on_cancellation=[cancel_tasks])
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
            is promoted goes to dist, as in dist/time-smollm2.
    """
    recipe = load_recipe(
        server, model, profile, quantization, samples, seed, include_tools or (), tools_in_prompt
    )
    check_place(recipe.server.name, recipe.model.name, output)
    check_machine_once(recipe)
    draft = draft_rows(recipe)
    dataset = check_quality(draft.dataset, draft.base, draft.profile, recipe.server.name)
    prepared = Prepared(base=draft.base, dataset=dataset)
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
    bundle = promote_if_better(evaluation, draft.toolset, recipe, output)
    again = partial(
        forge,
        server,
        model,
        quantization=quantization,
        samples=samples,
        seed=seed,
        include_tools=include_tools,
        tools_in_prompt=tools_in_prompt,
        output=output,
    )
    return second_round(bundle, evaluation.benchmark, recipe, again)
