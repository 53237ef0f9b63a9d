"""A tool as OpenAI's API lists it, read at once instead of key by key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """What a tool list says of one function."""

    name: str
    description: str
    parameters: dict[str, Any]
    """The schema of its arguments; empty where there is none."""

    @classmethod
    def of(cls, tool: Mapping[str, Any]) -> "FunctionSpec":
        """Read a tool in the OpenAI form."""
        body = tool["function"]
        return cls(body["name"], body.get("description") or "", body.get("parameters") or {})
