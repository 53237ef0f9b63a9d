"""Stages are cached by content: by what goes in and by the code, never by where files lie."""

import ast
import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext
from prefect.results import get_result_store
from pydantic import BaseModel

from tasks.domain.conversations import fingerprint
from tasks.domain.products import StoredFile
from tasks.external.storage import Storage

_ROOT = Path(__file__).parents[1]
_RULES = ("tasks.domain", "tasks.external")
"""The packages whose code decides results; what Prefect shows of a stage does not."""


@dataclass
class ByContent(CachePolicy):
    """Same inputs and same code, same result; a result whose files are gone or altered is not used.

    A broken result is never overwritten: its successor gets the next key of the same inputs.
    """

    without: tuple[str, ...] = ()
    """Parameters that do not change the result, such as where to put a copy."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The fields of a parameter that change it, where not all of them do; ``a.b`` is b of a."""
    beside: Callable[[dict[str, Any]], str] | None = None
    """What the inputs name without holding it, such as the version of a file."""

    def compute_key(
        self,
        task_ctx: TaskRunContext,
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],
        **kwargs: Any,
    ) -> str:
        """The first key of these inputs whose result is missing or whole."""
        del flow_parameters, kwargs
        relevant = {name: value for name, value in inputs.items() if name not in self.without}
        for name, fields in self.only.items():
            relevant[name] = [attrgetter(each)(inputs[name]) for each in fields]
        if self.beside is not None:
            relevant["beside"] = self.beside(inputs)
        first = content_key(task_ctx.task.name, inspect.getfile(task_ctx.task.fn), **relevant)
        number, key = 1, first
        while self._is_broken(key):
            number, key = number + 1, f"{first}-{number}"
        return key

    @staticmethod
    def _is_broken(key: str) -> bool:
        store = get_result_store()
        return store.exists(key) and not Storage().holds(store.read(key).result)


def content_key(name: str, stage: str, /, **inputs: Any) -> str:
    """``<name>-<16 hex digits>`` of the inputs' content and of the code that a stage calls.

    ``stage`` is the stage's file: a word changed in what it does not import changes nothing.
    """
    content = {key: _content(value) for key, value in sorted(inputs.items())}
    return f"{name}-{fingerprint([content, _code(Path(stage))])[:16]}"


def _content(value: Any) -> Any:
    if isinstance(value, StoredFile):
        return value.sha256
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {n: _content(getattr(value, n)) for n, field in fields.items() if not field.exclude}
    if isinstance(value, list | tuple):
        return [_content(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _content(item) for key, item in value.items()}
    return value


@cache
def _code(stage: Path) -> str:
    """The sha256 (hex) of the code that a stage calls."""
    whole = hashlib.sha256()
    for content in sorted(file.read_bytes() for file in code_of(stage)):
        whole.update(content)
    return whole.hexdigest()


def code_of(stage: Path) -> set[Path]:
    """A stage's file and those of all rules that it imports, directly or not, with their tables."""
    files, ahead = {stage}, [stage]
    while ahead:
        new = _imported(ahead.pop()) - files
        files |= new
        ahead += (file for file in new if file.suffix == ".py")
    return files


@cache
def _imported(file: Path) -> frozenset[Path]:
    """The files of the rules that a file imports, inside functions too."""
    return frozenset(
        source
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_RULES)
        for name in (f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names))
        for source in _sources(name)
    )


def _sources(module: str) -> Iterator[Path]:
    """The file of a module; of a package its ``__init__``, and the tables beside either."""
    path = _ROOT.joinpath(*module.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            yield file
            yield from file.parent.glob("*.toml")
