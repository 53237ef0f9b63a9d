"""Stage 3¾: Dataset → the same with its card: a README.md beside the rows, and an artifact."""

from prefect import task

from profiles import OwnData, Server, TeacherPlan
from tasks.caching import ByContent
from tasks.domain.gate.dataset_card import card, census_of
from tasks.domain.products import Dataset
from tasks.domain.writing.book.choice import TEACHER
from tasks.external.dataset_files import heldout_rows, keep_text, train_rows
from tasks.reporting import artifacts, events


@task(cache_policy=ByContent(), persist_result=True, on_completion=[events.stage_completed])
def describe_dataset(
    dataset: Dataset, server: Server, plan: TeacherPlan | None, own: OwnData | None
) -> Dataset:
    """Count the rows and write down where they come from, in the hub's form."""
    text = card(
        census_of(train_rows(dataset), heldout_rows(dataset)),
        server.name,
        {
            "generated": _licence(dataset, server, plan),
            "own": own.licence if own else "",
        },
        dataset.notes,
        {"train": "train.jsonl", "test": "heldout.jsonl"},
    )
    artifacts.dataset_card(text, server.name)
    # Beside the training rows, whichever task has put them there.
    folder = dataset.train.uri.rstrip("/").split("/")[-2]
    return dataset.model_copy(update={"card": keep_text(folder, "README.md", text)})


def _licence(dataset: Dataset, server: Server, plan: TeacherPlan | None) -> str:
    """Of generated rows: the server's, and the teacher's where requests are in its words."""
    if plan is None or TEACHER not in dataset.requests:
        return server.licence
    return f"{server.licence or 'not stated'}; requests: {plan.licence}"
