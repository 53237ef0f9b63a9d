"""Stage 3¼, if planned: Dataset → Dataset, some of its texts in a teacher model's words."""

import os
import random
from collections import Counter
from collections.abc import Sequence

from prefect import task
from prefect.blocks.system import Secret
from prefect.cache_policies import NO_CACHE

from profiles import TeacherPlan
from tasks.domain.conversations import Row, normalized
from tasks.domain.errors import TeacherFailed
from tasks.domain.products import Dataset
from tasks.domain.writing.paraphrasing import fault, is_rephrasable, question, rephrased, text_of
from tasks.external.row_files import keep_rows
from tasks.external.storage import Storage
from tasks.external.teacher import Answer, Budget, Teacher, teacher
from tasks.reporting import events


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def rephrase_dataset(dataset: Dataset, plan: TeacherPlan | None) -> Dataset:
    """Put a share of the training rows with a call into other words; no plan, no change.

    A text that does not keep its row's call is counted with the reason, and the row keeps its own.
    Answers are kept one by one, so another run asks only what was not answered.

    Raises:
        TeacherFailed: no key, or the endpoint refuses or answers nothing at all.
        ExportFailed: llama.cpp cannot load the plan's GGUF file.
    """
    if plan is None:
        return dataset
    storage = Storage()
    rows, heldout = list(storage.train_rows(dataset)), list(storage.heldout_rows(dataset))
    with teacher(plan, _key(plan), storage.folder("teacher")) as asked:
        taken = [*(row.user_text for row in heldout), *dataset.reserved]
        rows, note = in_other_words(rows, taken, plan, dataset.seed, asked)
    kept = keep_rows("rephrased", rows, heldout, storage.tools_beside(dataset))
    return dataset.model_copy(update={**kept.as_fields, "notes": (*dataset.notes, note)})


def in_other_words(
    rows: Sequence[Row], taken: Sequence[str], plan: TeacherPlan, seed: int, asked: Teacher
) -> tuple[list[Row], str]:
    """(the training rows, a share of them in the teacher's words; a note of what became of each).

    ``taken``: texts that no training row may have.

    Raises:
        TeacherFailed: the endpoint refuses or answers nothing at all.
    """
    rows = list(rows)
    able = [place for place, row in enumerate(rows) if is_rephrasable(row)]
    chosen = random.Random(seed).sample(able, round(plan.share * len(able)))
    answers = asked.ask([question(rows[n], plan.language, plan.temperature, seed) for n in chosen])
    counts: Counter[str] = Counter()
    said = {normalized(text) for text in (*(row.user_text for row in rows), *taken)}
    for place, answer in zip(chosen, answers, strict=True):
        text, outcome = _judged(rows[place], answer, plan.language, said)
        counts[outcome] += 1
        if outcome == _DONE:
            said.add(normalized(text))
            rows[place] = rephrased(rows[place], text, seed)
    return rows, _note(plan, counts, answers, asked.budget)


_DONE = "put into other words"


def _judged(row: Row, answer: Answer, language: str, said: set[str]) -> tuple[str, str]:
    """(the text, what became of it)."""
    text = text_of(answer.content) or ""
    if answer.reason or not text:
        return "", answer.reason or "not the JSON that was asked for"
    wrong = fault(row, text, language)
    if not wrong and normalized(text) in said:
        wrong = "another row says the same"
    return text, wrong or _DONE


def _note(plan: TeacherPlan, counts: Counter[str], answers: list[Answer], budget: Budget) -> str:
    done, total = counts.pop(_DONE, 0), len(answers)
    kept = "; ".join(f"{reason}: {count}" for reason, count in counts.most_common())
    old = sum(answer.is_old for answer in answers)
    return (
        f"teacher {plan.model}: {done} of {total} texts in other words"
        + f" ({kept})" * bool(kept)
        + f"; {sum(budget.spent)} tokens, {budget.money:.4f} spent, {old} answers from earlier runs"
    )


def _key(plan: TeacherPlan) -> str:
    """The key, from where the plan says; it goes nowhere but into the request's header."""
    if plan.key_secret:
        return str(Secret.load(plan.key_secret).get())  # type: ignore[union-attr]
    if not plan.key_variable:
        return ""
    if not os.environ.get(plan.key_variable):
        raise TeacherFailed(
            f"{plan.place}: the environment variable {plan.key_variable} is not set; needed the "
            "key of the endpoint in it"
        )
    return os.environ[plan.key_variable]
