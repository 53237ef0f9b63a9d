"""A tool as a teacher is shown it: what a user can speak of, cut to a bounded length."""

import json
from collections.abc import Sequence
from typing import Any

from tasks.domain.writing.phrasing.verbs import is_changing
from tasks.domain.writing.values.maker import ArgumentMaker

LONGEST_DESCRIPTION = 1500
"""Characters of a tool's description in a question about that tool."""
LONGEST_PARAMETER = 2000
"""Characters of a parameter's schema."""
LONGEST_SUMMARY = 120
"""Characters of a tool's description in a list of tools."""
MOST_CHOICES = 12
"""Values of an enumeration in a list of tools."""


def full_view(maker: ArgumentMaker) -> dict[str, Any]:
    """One tool with all that a user can say to it, as JSON."""
    tool = maker.tool
    return {
        "name": tool.name,
        "description": tool.description[:LONGEST_DESCRIPTION],
        "changes_something": is_changing(tool),
        "parameters": {name: _bounded(maker.settled(name)) for name in maker.spoken_for},
        "required": required(maker),
    }


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema; of a very long one only the type and the first words about it."""
    if len(json.dumps(schema)) <= LONGEST_PARAMETER:
        return schema
    described = str(schema.get("description", ""))[:LONGEST_SUMMARY]
    few = {"enum": schema["enum"][:MOST_CHOICES]} if "enum" in schema else {}
    return {"type": schema.get("type", "any"), "description": described, **few}


def required(maker: ArgumentMaker) -> list[str]:
    """The parameters that a request must say: required, and not a constant of the server."""
    return [name for name in maker.required if name in maker.spoken_for]


def short_view(makers: Sequence[ArgumentMaker]) -> list[str]:
    """A line for each tool: its parameters with types, optional ones marked, and a summary."""
    return [_signature(maker) for maker in makers]


def _signature(maker: ArgumentMaker) -> str:
    required_names = required(maker)
    sentence = ", ".join(
        f"{name}{'' if name in required_names else '?'}: {_type(maker.settled(name))}"
        for name in maker.spoken_for
    )
    summary = " ".join(maker.tool.description.split())[:LONGEST_SUMMARY]
    return f"{maker.tool.name}({sentence}): {summary}"


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "|".join(json.dumps(v, ensure_ascii=False) for v in schema["enum"][:MOST_CHOICES])
    named = str(schema.get("type", "any"))
    return f"{named} (default {json.dumps(schema['default'])})" if "default" in schema else named
