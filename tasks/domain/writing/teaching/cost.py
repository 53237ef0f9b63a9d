"""What a teacher would cost for a tool list, before it is asked anything."""

import json
from collections.abc import Collection, Sequence
from math import ceil

from pydantic import BaseModel, ConfigDict

from profiles import (
    USUAL_CONCURRENCY,
    USUAL_PRICES,
    PhrasebookPlan,
    Server,
    TeacherPlan,
)
from tasks.domain.products import Toolset
from tasks.domain.writing.teaching.questions import Question, Style, questions
from tasks.domain.writing.teaching.reading import reading_question
from tasks.domain.writing.values.maker import ArgumentMaker

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
TOKENS_PER_SECOND = 50
"""That one request gets from a hosted model of middle size."""


class Cost(BaseModel):
    """Questions and tokens; an estimate that is right within a factor of two."""

    model_config = ConfigDict(frozen=True)

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
    makers: Sequence[ArgumentMaker], plan: PhrasebookPlan, written: Collection[str] = ()
) -> Cost:
    """All questions for a list, and the back-check of what they bring."""
    asked = questions(makers, plan, Style(language="en", temperature=1.0), written)
    answers = sum(_lines_out(question) for question in asked)
    lines = sum(_lines_typed(question) for question in asked)
    batches = -(-lines // plan.readings)
    text = "a request of the usual length with a value"
    one = _size(reading_question([text] * plan.readings, makers))
    return Cost(
        questions=len(asked) + batches,
        tokens_in=sum(map(_size, asked)) + batches * one,
        tokens_out=answers + lines * TOKENS_PER_LINE["reading"],
    )


def _size(question: Question) -> int:
    return len(json.dumps(question.request, ensure_ascii=False)) // CHARACTERS_PER_TOKEN


def _wanted(question: Question) -> dict[str, int]:
    """How many lines of each kind a question asks for."""
    asked = json.loads(question.request["messages"][1]["content"])
    match question.topic:
        case "requests":
            return {"requests": asked["requests"], "clarifying": asked["clarifying"]}
        case "material":
            values = len(asked["parameters"]) * asked["values_each"]
            return {"values": values, "results": asked["results"]}
        case "parallel" | "sequential":
            return {"calls": asked["requests"]}
    return {"replies": asked["requests"]}


def _lines_out(question: Question) -> int:
    return sum(TOKENS_PER_LINE[kind] * count for kind, count in _wanted(question).items())


def _lines_typed(question: Question) -> int:
    return 0 if question.topic == "material" else sum(_wanted(question).values())


def price_of_teaching(
    toolset: Toolset, server: Server, plan: TeacherPlan | None, written: Collection[str]
) -> str | None:
    """What it costs to have the missing requests written, in a line; None where none are missing.

    Without a plan: that the schemas alone speak, and what a usual teacher would cost.
    """
    names = frozenset(tool.name for tool in toolset.tools)
    missing = len(names - set(written))
    if not missing:
        return None
    makers = [ArgumentMaker(tool, server, names=names) for tool in toolset.tools]
    cost = estimated_cost(makers, plan.lines if plan else PhrasebookPlan(), written)
    tools = f"{missing} of {len(names)} tools"
    if plan is None:
        price = cost.in_words(USUAL_PRICES, USUAL_CONCURRENCY)
        return f"requests of {tools} are written from their schemas alone; a teacher: {price}"
    prices = (plan.price_per_million_in, plan.price_per_million_out)
    return f"{plan.model} writes requests of {tools}: {cost.in_words(prices, plan.concurrency)}"
