"""Questions of the Berkeley Function Calling Leaderboard (BFCL v4), as a model is asked them.

Its functions name their types as Python does (``dict``, ``float``, ``tuple``, ``any``); a chat
template, and what a model was trained on, has JSON Schema.
"""

from collections.abc import Sequence
from random import Random
from typing import Any, Literal, TypeVar, get_args

from pydantic import Field

from tasks.domain import Frozen
from tasks.domain.conversations import SYSTEM_PROMPT, Message
from tasks.domain.errors import UnusableData

Category = Literal["simple_python", "multiple", "parallel", "irrelevance"]
"""One function and one call; one call of several functions; several calls; none that fits."""
CATEGORIES: tuple[Category, ...] = get_args(Category)

ANSWER_TOKENS = 448
"""Of an answer at most: the longest expected one has 439 in SmolLM2's vocabulary (bfcl-eval
2026.3.23, parallel_137), all but three of 800 have fewer than 250."""

_TYPES = {
    "dict": "object",
    "float": "number",
    "tuple": "array",
    **{name: name for name in ("string", "integer", "number", "boolean", "array", "object")},
}
_ANY = "any"
_OF_PARAMETERS = ("type", "optional", "properties", "items")
"""Keys that are translated, or that JSON Schema has not: ``required`` says what is optional."""
_Item = TypeVar("_Item")


class Entry(Frozen):
    """A line of the leaderboard's questions."""

    id: str
    question: tuple[tuple[Message, ...], ...] = Field(min_length=1)
    """The user's turns; these categories have one."""
    function: tuple[dict[str, Any], ...] = Field(min_length=1)


class PossibleAnswer(Frozen):
    """A line of its answers: for each call the values that count as right, by parameter."""

    id: str
    ground_truth: tuple[dict[str, Any], ...] = Field(min_length=1)


class Question(Frozen):
    """A question, the functions it may be answered with, and the calls that are expected."""

    category: Category
    entry: Entry
    ground_truth: tuple[dict[str, Any], ...] = ()
    """Empty where no function fits."""

    @property
    def prompt(self) -> Sequence[Message]:
        """The turns before the answer, with the system turn of every row."""
        return (Message(role="system", content=SYSTEM_PROMPT), *self.entry.question[0])

    @property
    def listed(self) -> Sequence[dict[str, Any]]:
        """The tools that the prompt lists, in the OpenAI form."""
        return [tool_of(function) for function in self.entry.function]


def tool_of(function: dict[str, Any]) -> dict[str, Any]:
    """One of the leaderboard's functions in the OpenAI form.

    Raises:
        UnusableData: it has a type that is not known.
    """
    schema = _json_schema(function["parameters"], function["name"])
    return {"type": "function", "function": {**function, "parameters": schema}}


def _json_schema(described: dict[str, Any], place: str) -> dict[str, Any]:
    schema = {key: value for key, value in described.items() if key not in _OF_PARAMETERS}
    if described["type"] != _ANY:
        schema = {"type": _json_type(described["type"], place), **schema}
    if "properties" in described:
        schema["properties"] = {
            name: _json_schema(inner, f"{place}.{name}")
            for name, inner in described["properties"].items()
        }
    if "items" in described:
        schema["items"] = _json_schema(described["items"], f"{place}[]")
    return schema


def _json_type(name: str, place: str) -> str:
    if name not in _TYPES:
        names = ", ".join(sorted({*_TYPES, _ANY}))
        raise UnusableData(f"{place}: type {name!r}; needed one of {names}")
    return _TYPES[name]


def sampled(questions: Sequence[_Item], most: int, seed: int) -> list[_Item]:
    """At most ``most`` of them, in their order; which ones is the seed's choice."""
    places = Random(seed).sample(range(len(questions)), min(most, len(questions)))
    return [questions[place] for place in sorted(places)]
