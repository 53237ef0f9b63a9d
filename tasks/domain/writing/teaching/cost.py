"""What a teacher would cost for a tool list, before it is asked anything."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from math import ceil

from profiles import USUAL_CONCURRENCY, USUAL_PRICES, PhrasebookPlan, Server, TeacherPlan
from tasks.domain import Frozen
from tasks.domain.products import Toolset
from tasks.domain.writing.teaching.questions import Question, Style, questions
from tasks.domain.writing.teaching.reading import reading_question
from tasks.domain.writing.values.maker import ArgumentMaker, makers_of

CHARACTERS_PER_TOKEN = 4
"""Of English and JSON, as tokenizers of large models count; a bound would be 3."""
TOKENS_PER_LINE = {
    "requests": 20,
    "clarifying": 45,
    "values": 5,
    "results": 45,
    "calls": 70,
    "replies": 32,
    "reading": 36,
}
"""Of a teacher's answer, by what it holds: the JSON of a usual line, as hand-written ones are."""
_SLOTS_INSIDE = 6
"""Names that a teacher gives to the parts of a tool's objects, as hand-written books have them."""
TOKENS_PER_SECOND = 50
"""That one request gets from a hosted model of middle size."""


class Cost(Frozen):
    """Questions and tokens; an estimate that is right within a factor of two."""

    questions: int
    tokens_in: int
    tokens_out: int

    def money(self, price_in: float, price_out: float) -> float:
        """In the currency of the prices, which are per million tokens."""
        return (self.tokens_in * price_in + self.tokens_out * price_out) / 1e6

    def in_words(self, prices: tuple[float, float], concurrency: int) -> str:
        """What it comes to, in a line; ``prices`` (in, out) are per million tokens."""
        tokens = f"{self.tokens_in:,} tokens of questions and {self.tokens_out:,} of answers"
        return (
            f"{self.questions} questions, {tokens}, about {ceil(self.minutes(concurrency))} min "
            f"and {self.money(*prices):.2f} at {prices[0]:g} and {prices[1]:g} a million"
        )

    def minutes(self, concurrency: int) -> float:
        """With so many questions asked at once."""
        return self.tokens_out / TOKENS_PER_SECOND / concurrency / 60


def estimated_cost(
    makers: Sequence[ArgumentMaker], plan: PhrasebookPlan, ready_tools: Collection[str] = ()
) -> Cost:
    """All questions for a list, and the back-check of what they bring."""
    question_list = questions(makers, plan, Style(language="en", temperature=1.0), ready_tools)
    counts: Counter[str] = Counter()
    for question in question_list:
        counts.update(_lines_of(question))
    answers = sum(TOKENS_PER_LINE[kind] * count for kind, count in counts.items())
    lines = sum(n for kind, n in counts.items() if kind not in ("values", "results"))
    batches = -(-lines // plan.readings)
    text = "a request of the usual length with a value"
    one = _size(reading_question([text] * plan.readings, makers))
    return Cost(
        questions=len(question_list) + batches,
        tokens_in=sum(map(_size, question_list)) + batches * one,
        tokens_out=answers + lines * TOKENS_PER_LINE["reading"],
    )


def _size(question: Question) -> int:
    return len(json.dumps(question.request, ensure_ascii=False)) // CHARACTERS_PER_TOKEN


def _lines_of(question: Question) -> dict[str, int]:
    """How many lines of each kind a question asks for."""
    task = json.loads(question.request["messages"][1]["content"])
    match question.topic:
        case "requests":
            values = _SLOTS_INSIDE * task.get("values_each", 0)
            return {kind: task[kind] for kind in ("requests", "clarifying")} | {"values": values}
        case "material":
            values = len(task["parameters"]) * task["values_each"]
            return {"values": values, "results": task["results"]}
        case "parallel" | "sequential":
            return {"calls": task["requests"]}
    return {"replies": task["requests"]}


def price_of_teaching(
    toolset: Toolset, server: Server, plan: TeacherPlan | None, ready_tools: Collection[str]
) -> str | None:
    """What it costs to have the missing requests written, in a line; None where none are missing.

    Without a plan: that the schemas alone speak, and what a usual teacher would cost.
    """
    makers = makers_of(toolset.tools, server)
    missing = len(makers.keys() - set(ready_tools))
    if not missing:
        return None
    lines = plan.lines if plan else PhrasebookPlan()
    cost = estimated_cost([*makers.values()], lines, ready_tools)
    tools = f"{missing} of {len(makers)} tools"
    if plan is None:
        price = cost.in_words(USUAL_PRICES, USUAL_CONCURRENCY)
        return f"requests of {tools} are written from their schemas alone; a teacher: {price}"
    prices = (plan.price_per_million_in, plan.price_per_million_out)
    return f"{plan.model} writes requests of {tools}: {cost.in_words(prices, plan.concurrency)}"
