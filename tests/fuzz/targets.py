"""What is tried: the inputs of each target, and what must hold for every one."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Target:
    """One way in for what people bring."""

    name: str
    module: str
    """In this folder; imported where the target is tried, for some take seconds of CPU."""
    strategy: str
    """What makes its inputs, by its name in the module."""
    function: str
    """What checks one, by its name in the module."""
    inputs_of_a_test: int
    """In ``make test``: at most a second of CPU."""
    encodes: bool = False
    """Whether it takes a tokenizer, whose libraries no input is to be charged with."""

    def prepare(self) -> None:
        """Import and make what every input needs."""
        import_module(f"tests.fuzz.{self.module}")
        if self.encodes:
            from tests.fuzz.small_tokenizer import small_tokenizer

            small_tokenizer()

    @property
    def inputs(self) -> SearchStrategy[Any]:
        """What makes its inputs."""
        strategy: SearchStrategy[Any] = self._of_module(self.strategy)
        return strategy

    @property
    def check(self) -> Callable[[Any], str]:
        """Says what came of an input; AssertionError when that may not be."""
        function: Callable[[Any], str] = self._of_module(self.function)
        return function

    def _of_module(self, name: str) -> Any:
        return vars(import_module(f"tests.fuzz.{self.module}"))[name]


_ALL = (
    Target("tool-lists", "tool_lists", "CASES", "check", 8, encodes=True),
    Target("own-rows", "own_rows", "CHANGED", "check_line", 100, encodes=True),
    Target("row-files", "own_rows", "FILES", "check_file", 30, encodes=True),
    Target("same-rows", "own_rows", "SAME", "check_same", 40),
    Target("answers", "answers", "ANSWERS", "check", 50),
    Target("phrasebooks", "phrasebooks", "BOOKS", "check", 6),
    Target("operators-files", "files", "OPERATORS_FILES", "check_operators_file", 25),
    Target("typed-servers", "files", "TYPED_SERVERS", "check_typed_server", 30),
    Target("tool-files", "files", "TOOL_FILES", "check_tool_file", 30),
    Target("server-answers", "servers", "ANSWERS", "check", 20),
    Target("bundles", "bundles", "BUNDLES", "check", 15),
)
TARGETS = {target.name: target for target in _ALL}
