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
    """In ``make test``: at most a second of CPU."""


_ALL = (
    Target("tool-lists", tool_lists.CASES, tool_lists.check, 8),
    Target("own-rows", own_rows.CHANGED, own_rows.check_line, 100),
    Target("row-files", own_rows.FILES, own_rows.check_file, 30),
    Target("same-rows", own_rows.same_rows(), own_rows.check_same, 40),
    Target("answers", answers.ANSWERS, answers.check, 50),
    Target("phrasebooks", phrasebooks.BOOKS, phrasebooks.check, 6),
    Target("operators-files", files.OPERATORS_FILES, files.check_operators_file, 25),
    Target("typed-servers", files.TYPED_SERVERS, files.check_typed_server, 30),
    Target("tool-files", files.TOOL_FILES, files.check_tool_file, 30),
)
TARGETS = {target.name: target for target in _ALL}
