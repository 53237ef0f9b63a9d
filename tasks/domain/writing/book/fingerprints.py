"""Which tools a phrasebook was written for, by their input schemas."""

from collections.abc import Sequence

from tasks.domain.conversations import fingerprint
from tasks.domain.products import Tool, Toolset
from tasks.domain.schemas.forms import undescribed
from tasks.domain.toollists import parameters
from tasks.domain.writing.phrasebook import Line, ToolsLine

DIGITS = 16
"""Hex digits of a fingerprint that a book keeps."""


def schema_fingerprint(tool: Tool) -> str:
    """What a book keeps of a tool's input schema: other words that describe it change nothing."""
    return fingerprint(undescribed(parameters(tool)))[:DIGITS]


def schemas_of_book(lines: Sequence[Line]) -> dict[str, str]:
    """The fingerprints that a book keeps, by tool."""
    tools = (line for line in lines if isinstance(line, ToolsLine))
    return {name: schema for line in tools for name, schema in line.schemas.items()}


def with_tools(lines: Sequence[Line], toolset: Toolset) -> tuple[Line, ...]:
    """The book with the fingerprints of a list's tools in its first line."""
    schemas = {tool.name: schema_fingerprint(tool) for tool in toolset.tools}
    rest = (line for line in lines if not isinstance(line, ToolsLine))
    return (ToolsLine(schemas=schemas), *rest)
