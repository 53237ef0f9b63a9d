"""adapter → GGUF → validation → benchmark → champion: what is scored is the file that ships."""

from prefect import flow

from flows.placement import check_machine_once
from flows.prepare import prepare_and_train
from profiles import Quantization, ToolsInPrompt, load_recipe
from profiles.form import ModelName, ProfileText, Samples, Seed, ServerName
from tasks.ask_adapter import ask_adapter
from tasks.ask_base import ask_base
from tasks.ask_breadth import measure_breadth
from tasks.benchmark_model import benchmark_model
from tasks.challenge_champion import challenge_champion
from tasks.domain.products import Evaluation, Trained
from tasks.export_gguf import export_gguf
from tasks.inspect_server import inspect_server
from tasks.reporting.cancellation import cancel_tasks
from tasks.reporting.subject import run_name
from tasks.validate_model import validate_model


@flow(flow_run_name=run_name, persist_result=True, on_cancellation=[cancel_tasks])
def evaluate(
    server: ServerName,
    model: ModelName,
    profile: ProfileText = "balanced",
    quantization: Quantization = "q8_0",
    samples: Samples | None = None,
    seed: Seed | None = None,
    include_tools: list[str] | None = None,
    tools_in_prompt: ToolsInPrompt | None = None,
    trained: Trained | None = None,
) -> Evaluation:
    """Export an adapter, prove it in real tool loops, score it beside its base and the champion.

    The server is listed again instead of handed in: Prefect takes a ``$ref`` anywhere in a flow's
    parameters for a reference to a block, and tools' schemas have them.

    Args:
        server: the registered server whose tools are called.
        model: the base model.
        profile: the training profile, with its thresholds.
        quantization: how the GGUF file's weights are stored.
        samples: rows that were trained on; the profile's number when empty.
        seed: of data and training; the profile's when empty.
        include_tools: only these tools, by name or pattern; all when empty.
        tools_in_prompt: which tools a prompt lists; the profile's choice when empty.
        trained: what forge hands over. Leave it empty: the adapter of the values above is then
            taken from the cache, and trained first if there is none.
    """
    recipe = load_recipe(
        server, model, profile, quantization, samples, seed, include_tools or (), tools_in_prompt
    )
    check_machine_once(recipe, trained)
    start = trained or prepare_and_train(recipe)
    toolset = inspect_server(recipe.server)
    tuned = export_gguf(start.adapter.base, start.adapter, recipe.model, recipe.quantization)
    trained_answers = ask_adapter(start.adapter, start.dataset, recipe)
    validation = validate_model(tuned, start.dataset, toolset, recipe, trained_answers)
    base = export_gguf(start.adapter.base, None, recipe.model, recipe.quantization)
    answers = ask_base(base, start.dataset, recipe)
    breadth = measure_breadth(tuned, base, recipe)
    benchmark = benchmark_model(tuned, answers, validation, start.dataset, recipe, breadth)
    challenge = challenge_champion(tuned, validation, benchmark, start.dataset, toolset, recipe)
    return Evaluation(
        gguf=tuned,
        validation=validation,
        benchmark=benchmark,
        trained=start,
        challenge=challenge,
    )
