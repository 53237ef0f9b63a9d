"""What a tool list tells of the values in calls: how they are said, and which are open."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from profiles import Server
from tasks.domain.errors import UnusableTool
from tasks.domain.products import Tool
from tasks.domain.schemas.by_identity import ByIdentity
from tasks.domain.schemas.function_spec import FunctionSpec
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.values.maker import ArgumentMaker, makers_of


def kind(functions: Sequence[dict[str, Any]], tool: str, parameter: str) -> str:
    """The kind of a parameter's values (zone, time, …) by which ``mentions`` knows their forms."""
    maker = _makers(ByIdentity(functions)).get(tool)
    if maker is None:
        return ""
    try:
        return maker.kind(parameter) if parameter in maker.properties else ""
    except UnusableTool:
        return ""


def open_values(functions: Sequence[dict[str, Any]], call: ToolCall) -> list[tuple[str, str]]:
    """(``tool.parameter``, value as JSON) of each value that the two splits should not share."""
    maker = _makers(ByIdentity(functions)).get(call.name)
    if maker is None:
        return []
    try:
        return [
            (f"{call.name}.{name}", leaf)
            for name, value in call.arguments.items()
            for leaf in sorted(maker.open_values({name: value}))
        ]
    except UnusableTool:
        return []


@lru_cache(maxsize=256)
def _makers(functions: ByIdentity) -> dict[str, ArgumentMaker]:
    # What only the operator knows of the values is not in the rows.
    nobody = Server(name="rows", tools_file="rows")
    tools = [
        Tool(
            name=spec.name,
            description=spec.description,
            input_schema=spec.parameters or {"type": "object"},
        )
        for spec in map(FunctionSpec.of, functions.value)
    ]
    return makers_of(tools, nobody)
