"""For stage 8: the base → BaseAnswers: asked a sample, once for all that is tuned on it."""

from prefect import task

from profiles import Recipe
from tasks.caching import ByContent
from tasks.domain.evaluation.evaluation_set import hand_written_questions, stratified_sample
from tasks.domain.products import BaseAnswers, Dataset, GgufModel
from tasks.domain.prompting.showing import Showing
from tasks.domain.training.sizes import base_at_once, context_for
from tasks.external.dataset_files import heldout_rows, retriever_of
from tasks.external.servers import at_home
from tasks.external.storage import Storage
from tasks.external.student import student
from tasks.reporting import events
from tasks.reporting.stage_progress import StageReporter

_ONLY = {
    "base": ("files",),  # its template is inside
    "dataset": ("heldout", "tools", "retriever", "prompt"),
    "recipe": (
        "server.test_prompts",
        "model.stop",
        "answer_tokens",
        "profile.evaluation.base_prompts",
        "profile.evaluation.test_prompts",
        "profile.data.seed",
        "profile.training.max_seq_length",
    ),
}


@task(
    cache_policy=ByContent(only=_ONLY),
    persist_result=True,
    on_completion=[events.stage_completed],
)
def ask_base(base: GgufModel, dataset: Dataset, recipe: Recipe) -> BaseAnswers:
    """Ask the base what it says to a sample of the held-out and of the hand-written test prompts.

    Raises:
        ExportFailed: llama.cpp cannot load the file, or does not answer.
    """
    rows, evaluation = list(heldout_rows(dataset)), recipe.profile.evaluation
    hand_written = hand_written_questions(
        at_home(recipe.server).test_prompts, rows[0].tools, evaluation.test_prompts
    )
    places, hand_written_places = (
        stratified_sample(group, evaluation.base_prompts, recipe.profile.data.seed)
        for group in (rows, hand_written)
    )
    showing = Showing(dataset.prompt.for_base, rows[0].tools, retriever_of(dataset), dataset.seed)
    questions = showing.rows(
        [
            *(rows[place] for place in places),
            *(hand_written[place] for place in hand_written_places),
        ]
    )
    profile = dataset.prompt.settled(recipe.profile)
    context = context_for(profile.training.max_seq_length)
    with (
        student(
            Storage().fetch(base.files),
            recipe.model.stop,
            recipe.answer_tokens,
            context,
            base_at_once(recipe.model, evaluation),
        ) as model,
        StageReporter("base", recipe.model.name, len(questions)) as progress,
    ):
        answers = [one.answer for one in progress.over(model.answers(questions))]
    return BaseAnswers(
        gguf=base.files.sha256,
        places=tuple(places),
        answers=tuple(answers[: len(places)]),
        hand_written_places=tuple(hand_written_places),
        hand_written=tuple(answers[len(places) :]),
    )
