"""The GPU flow: approved dataset → LoRA adapter."""

from prefect import flow

from flows.placement import check_machine_once
from flows.prepare import prepare, train_here
from profiles import ToolsInPrompt, load_recipe
from profiles.form import ModelName, ProfileText, Samples, Seed, ServerName
from tasks.domain.products import LoraAdapter, Prepared
from tasks.reporting.cancellation import cancel_tasks
from tasks.reporting.subject import run_name


@flow(flow_run_name=run_name, persist_result=True, on_cancellation=[cancel_tasks])
def train(
    server: ServerName,
    model: ModelName,
    profile: ProfileText = "balanced",
    samples: Samples | None = None,
    seed: Seed | None = None,
    include_tools: list[str] | None = None,
    tools_in_prompt: ToolsInPrompt | None = None,
    prepared: Prepared | None = None,
) -> LoraAdapter:
    """Fine-tune one adapter on rows that the gate let through.

    The parameters are names, never a command or a template: whoever may start a run may not
    therefore run programs on the worker.

    Args:
        server: the registered server whose tools the model is to call.
        model: the base model.
        profile: the training profile, with changes behind it if any: "cpu data.seed=1".
        samples: rows to train on; the profile's number when empty.
        seed: of data and training; the profile's when empty.
        include_tools: only these tools, by name or pattern; all when empty.
        tools_in_prompt: which tools a prompt lists; the profile's choice when empty.
        prepared: what forge hands over. Leave it empty: rows are then written, or come from the
            cache if the same rows were approved before.
    """
    recipe = load_recipe(
        server, model, profile, "q8_0", samples, seed, include_tools or (), tools_in_prompt
    )
    check_machine_once(recipe, prepared)
    start = prepared or prepare(recipe)
    return train_here(start, recipe.model, recipe.profile)
