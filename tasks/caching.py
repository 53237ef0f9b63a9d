"""Stages are cached by content: by what goes in and by the code, never by where files lie."""

import hashlib
from collections.abc import Callable, Mapping
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

_CODE = ("domain", "external")


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
        kept = {name: value for name, value in inputs.items() if name not in self.without}
        for name, fields in self.only.items():
            kept[name] = [attrgetter(each)(inputs[name]) for each in fields]
        if self.beside is not None:
            kept["beside"] = self.beside(inputs)
        first = content_key(task_ctx.task.name, **kept)
        number, key = 1, first
        while self._is_broken(key):
            number, key = number + 1, f"{first}-{number}"
        return key

    @staticmethod
    def _is_broken(key: str) -> bool:
        store = get_result_store()
        return store.exists(key) and not Storage().holds(store.read(key).result)


def content_key(name: str, /, **inputs: Any) -> str:
    """``<name>-<16 hex digits>`` of the inputs' content and of the code that stages call."""
    content = {key: _content(value) for key, value in sorted(inputs.items())}
    return f"{name}-{fingerprint([content, _code()])[:16]}"


def _content(value: Any) -> Any:
    if isinstance(value, StoredFile):
        return value.sha256
    if isinstance(value, BaseModel):
        return {name: _content(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, list | tuple):
        return [_content(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _content(item) for key, item in value.items()}
    return value


@cache
def _code() -> str:
    """The sha256 (hex) of the sources that decide a result."""
    root = Path(__file__).parent
    whole = hashlib.sha256()
    for folder in _CODE:
        for file in sorted((root / folder).rglob("*.py")):
            whole.update(file.read_bytes())
    return whole.hexdigest()
