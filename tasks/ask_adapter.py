"""For stage 7: the adapter → AdapterAnswers: asked as it was trained, beside its base."""

from prefect import task

from profiles import Recipe
from tasks.caching import ByContent
from tasks.domain.evaluation.evaluation_set import stratified_sample
from tasks.domain.products import AdapterAnswers, Dataset, LoraAdapter
from tasks.external.adapter import adapter_answers
from tasks.external.dataset_files import heldout_rows
from tasks.external.storage import Storage
from tasks.reporting import events
from tasks.reporting.stage_progress import StageReporter

_ONLY = {
    "adapter": ("files", "base.files"),
    "dataset": ("heldout", "tools", "prompt"),
    "recipe": (
        "model.load_in_4bit",
        "answer_tokens",
        "profile.evaluation.adapter_prompts",
        "profile.data.seed",
    ),
}


@task(
    cache_policy=ByContent(only=_ONLY),
    persist_result=True,
    on_completion=[events.stage_completed],
)
def ask_adapter(adapter: LoraAdapter, dataset: Dataset, recipe: Recipe) -> AdapterAnswers | None:
    """Ask the adapter a sample of the held-out prompts; None where the profile asks it none.

    Raises:
        MachineTooSmall: base and adapter do not fit into memory.
        UnusableModel: transformers cannot open them.
    """
    storage, most = Storage(), recipe.profile.evaluation.adapter_prompts
    if not most:
        return None
    rows = list(heldout_rows(dataset))
    places = stratified_sample(rows, most, recipe.profile.data.seed)
    answers = adapter_answers(
        storage.fetch(adapter.base.files),
        storage.fetch(adapter.files),
        [rows[place] for place in places],
        max_tokens=recipe.answer_tokens,
        in_4bit=recipe.model.load_in_4bit,
    )
    with StageReporter("adapter", recipe.model.name, len(places)) as progress:
        texts = dict(progress.over(answers))
    return AdapterAnswers(
        adapter=adapter.files.sha256,
        places=tuple(places),
        answers=tuple(texts[number] for number in range(len(places))),
    )
