"""What is tried: the inputs of each target, and what must hold for every one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from tests.fuzz import answers, files, own_rows, phrasebooks, tool_lists


@dataclass(frozen=True)
class Target:
    """One way in for what people bring."""

    name: str
    inputs: SearchStrategy[Any]
    check: Callable[[Any], str]
    """Says what came of an input; AssertionError when that may not be."""
    inputs_of_a_test: int
    """In ``make test``: half a second."""


_ALL = (
    Target("tool-lists", tool_lists.CASES, tool_lists.check, 8),
    Target("own-rows", own_rows.CHANGED, own_rows.check_line, 150),
    Target("row-files", own_rows.FILES, own_rows.check_file, 60),
    Target("same-rows", own_rows.same_rows(), own_rows.check_same, 60),
    Target("answers", answers.ANSWERS, answers.check, 80),
    Target("phrasebooks", phrasebooks.BOOKS, phrasebooks.check, 6),
    Target("operators-files", files.OPERATORS_FILES, files.check_operators_file, 25),
    Target("typed-servers", files.TYPED_SERVERS, files.check_typed_server, 60),
    Target("tool-files", files.TOOL_FILES, files.check_tool_file, 40),
)
TARGETS = {target.name: target for target in _ALL}
