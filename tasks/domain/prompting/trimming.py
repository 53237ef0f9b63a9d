"""A tool list with shorter texts, step by step, where its whole length leaves no room.

What remains is what a model is trained on, asked with and served with: the trimmed list is the
toolset from there on. Names, types, enumerations and required parameters always stay.
"""

import re
from collections.abc import Callable
from typing import Any

from tasks.domain.products import Tool, Toolset
from tasks.domain.schemas.forms import mapped

LONG = 120
"""Characters that a description may have and stay whole."""
_SENTENCE = re.compile(r"(.+?[.!?])(?=\s|$)", re.DOTALL)
_ABBREVIATED = ("e.g.", "i.e.", "etc.", "vs.")


def trimmed(toolset: Toolset, steps: int) -> Toolset:
    """The list after the first ``steps`` of ``STEPS``; a note says so."""
    if not steps:
        return toolset
    tools = toolset.tools
    for _, step in STEPS[:steps]:
        tools = tuple(step(tool) for tool in tools)
    note = f"the tool list is trimmed: without {', '.join(what for what, _ in STEPS[:steps])}"
    return toolset.model_copy(update={"tools": tools, "notes": (*toolset.notes, note)})


def _without_examples(tool: Tool) -> Tool:
    return _changed(tool, lambda schema: _without(schema, "title", "examples", "example"))


def _first_sentences(tool: Tool) -> Tool:
    shorter = _changed(tool, _first_sentence_of)
    return shorter.model_copy(update={"description": first_sentence(tool.description)})


def _without_nested_descriptions(tool: Tool) -> Tool:
    schema = _changed(tool, lambda inner: _without(inner, "description")).input_schema
    named = {
        name: {**schema["properties"][name], "description": whole["description"]}
        for name, whole in tool.input_schema.get("properties", {}).items()
        if isinstance(whole, dict) and "description" in whole
    }
    if named:
        schema = {**schema, "properties": schema["properties"] | named}
    return tool.model_copy(update={"input_schema": schema})


STEPS: tuple[tuple[str, Callable[[Tool], Tool]], ...] = (
    ("titles and examples", _without_examples),
    ("all but the first sentence of long descriptions", _first_sentences),
    ("descriptions inside of parameters", _without_nested_descriptions),
)
"""What each step leaves out, the least loss first."""


def first_sentence(text: str) -> str:
    """The first sentence of a long text; a short one as it is, one without an end is cut."""
    if len(text) <= LONG:
        return text
    end = 0
    while match := _SENTENCE.match(text[end:]):
        end += match.end()
        if not text[:end].endswith(_ABBREVIATED):
            break
    line = " ".join(text[:end].split()) or text.strip()
    return line if len(line) <= 2 * LONG else f"{line[: 2 * LONG].rsplit(' ', 1)[0]}…"


def _first_sentence_of(schema: dict[str, Any]) -> dict[str, Any]:
    text = schema.get("description")
    if not isinstance(text, str):
        return schema
    return {**schema, "description": first_sentence(text)}


def _changed(tool: Tool, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Tool:
    return tool.model_copy(update={"input_schema": mapped(tool.input_schema, change)})


def _without(schema: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in keys}
