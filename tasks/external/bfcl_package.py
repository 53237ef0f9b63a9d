"""The package bfcl-eval: the questions of the Berkeley Function Calling Leaderboard, and its judge.

It is installed without its dependencies, of which some contradict ours (numpy 1.26.4). What is
imported of it needs none: enums, tables of types and the AST checker.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata, resources
from types import ModuleType, SimpleNamespace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from profiles import explain
from tasks.domain.errors import MachineTooSmall, UnusableData
from tasks.domain.evaluation.bfcl import (
    CATEGORIES,
    Category,
    Entry,
    PossibleAnswer,
    Question,
    sampled,
)
from tasks.domain.evaluation.scoring import abstains
from tasks.domain.toolcalls import parse

MODULE = "bfcl_eval"
VERSION = "2026.3.23"
"""The release that this was written for; constraints-no-deps.txt pins it."""
_MODELS = "bfcl_eval.constants.model_config"
_OURS = "mcp-forge"
_Line = TypeVar("_Line", bound=BaseModel)


def check_installed() -> None:
    """Make sure that the package is there.

    Raises:
        MachineTooSmall: it is not; the message says which command installs it.
    """
    if importlib.util.find_spec(MODULE) is None:
        raise MachineTooSmall(
            "the package bfcl-eval, with the questions and their checker, is not installed; "
            f"install it with: pip install --no-deps bfcl-eval=={VERSION}"
        )


def source() -> str:
    """The package and its version, as a report names where questions come from."""
    return f"bfcl-eval {metadata.version('bfcl-eval')}"


def draw(per_category: int, seed: int) -> list[Question]:
    """At most so many questions of each category; which ones is the seed's choice.

    Raises:
        UnusableData: a file of the package is not what this was written for.
    """
    return [
        question
        for category in CATEGORIES
        for question in sampled(questions(category), per_category, seed)
    ]


def questions(category: Category) -> list[Question]:
    """All questions of a category, with the calls that are expected.

    Raises:
        UnusableData: as ``draw``.
    """
    name = f"BFCL_v4_{category}.json"
    entries = _lines(Entry, name)
    if category == "irrelevance":
        return [Question(category=category, entry=entry) for entry in entries]
    answers = {one.id: one.ground_truth for one in _lines(PossibleAnswer, "possible_answer", name)}
    if lacking := [entry.id for entry in entries if entry.id not in answers]:
        raise UnusableData(f"{name}: no answer for {lacking[0]}; needed one for every question")
    return [
        Question(category=category, entry=entry, ground_truth=answers[entry.id])
        for entry in entries
    ]


def is_right(question: Question, text: str) -> bool:
    """Whether a raw completion makes the expected calls, by the leaderboard's own AST checker.

    Where no function fits the model must say something and neither make nor try a call: the rule of
    our own prompts without a tool. The leaderboard also passes silence and calls that do not parse.
    """
    answer = parse(text)
    if not question.ground_truth:
        return abstains(answer)
    checker, python = _checker()
    judged = checker(
        list(question.entry.function),
        [{call.name: call.arguments} for call in answer.calls],
        list(question.ground_truth),
        python,
        question.category,
        _OURS,
    )
    return not answer.malformed and bool(judged["valid"])


@cache
def _checker() -> tuple[Callable[..., dict[str, Any]], Any]:
    """The checker, and how it calls Python."""
    with _without_handlers():
        from bfcl_eval.constants.enums import Language
        from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker
    return ast_checker, Language.PYTHON


@contextmanager
def _without_handlers() -> Iterator[None]:
    """Import without the table of the leaderboard's models.

    The checker asks it for one thing, whether a model writes ``_`` for the dot in a function's
    name, but it brings the clients of twenty vendors, and makes folders beside the package. In its
    place stands our one line: names are written as they are listed.
    """
    table = ModuleType(_MODELS)
    vars(table)["MODEL_CONFIG_MAPPING"] = {_OURS: SimpleNamespace(underscore_to_dot=False)}
    sys.modules[_MODELS] = table
    try:
        yield
    finally:
        del sys.modules[_MODELS]


def _lines(kind: type[_Line], *place: str) -> list[_Line]:
    text = resources.files(MODULE).joinpath("data", *place).read_text(encoding="utf-8")
    try:
        return [kind.model_validate_json(line) for line in text.splitlines() if line.strip()]
    except ValidationError as error:
        raise UnusableData(
            f"{'/'.join(place)} of {source()}: {explain(error)}; needed it as bfcl-eval "
            f"{VERSION} has it"
        ) from error
