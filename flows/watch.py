"""Scheduled: have a server's tools changed since its last bundle? Then forge again."""

from prefect import flow

from flows.forge import forge
from flows.placement import place
from profiles import Quantization, ToolsInPrompt, load_recipe
from profiles.form import ModelName, ProfileName, Samples, Seed, ServerName
from tasks.domain.products import Bundle
from tasks.inspect_server import inspect_server
from tasks.last_version import last_version
from tasks.notice_changes import notice_changes
from tasks.reporting.cancellation import cancel_tasks
from tasks.reporting.subject import run_name


@flow(flow_run_name=run_name, persist_result=True, on_cancellation=[cancel_tasks])
def watch(
    server: ServerName,
    model: ModelName,
    profile: ProfileName = "balanced",
    quantization: Quantization = "q8_0",
    samples: Samples | None = None,
    seed: Seed | None = None,
    include_tools: list[str] | None = None,
    tools_in_prompt: ToolsInPrompt | None = None,
) -> Bundle | None:
    """Look at a server's tools, and forge only when they are not those of the last bundle.

    Args:
        server: the registered server to look at.
        model: the model whose bundle is compared and, if need be, forged again.
        profile: the training profile.
        quantization: how the GGUF file's weights are stored.
        samples: rows to train on; the profile's number when empty.
        seed: of data and training; the profile's when empty.
        include_tools: only these tools, by name or pattern; those of the last version when empty.
        tools_in_prompt: which tools a prompt lists; the profile's choice when empty.
    """
    plan = (profile, quantization, samples, seed)
    last = last_version(load_recipe(server, model, profile))
    if last is None:
        return None
    include_tools = include_tools or list(last.lineage.include_tools) or None
    recipe = load_recipe(server, model, *plan, include_tools or (), tools_in_prompt)
    changes = notice_changes(inspect_server(recipe.server), last)
    return changes and place(forge, server, model, *plan, include_tools, tools_in_prompt)
