"""Which tools of a list rows can be written for: known before anything else is made of it."""

import json
import random
from collections.abc import Iterable

from profiles import Server
from tasks.domain.errors import UnusableData, UnusableTool
from tasks.domain.products import Tool, Toolset
from tasks.domain.schemas.references import Document
from tasks.domain.schemas.validation import has_hard_patterns, usable
from tasks.domain.toollists import MOST_NAMED
from tasks.domain.untrusted.printable import on_one_line
from tasks.domain.writing.phrasing.verbs import only_reads
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.instances import Place, draw
from tasks.domain.writing.values.maker import ArgumentMaker

MOST_HARD = 8
"""Tools with patterns that take megabytes each, or that cannot be run."""


def with_read_only(toolset: Toolset, server: Server) -> Toolset:
    """The list with the tools marked that the server's operator says change nothing.

    A note names others that may be, by their names and descriptions: nothing is called for that.

    Raises:
        UnusableData: the operator names a tool that the list does not have.
    """
    names = [tool.name for tool in toolset.tools]
    unknown = [name for name in server.read_only if name not in names]
    if unknown and not server.include_tools:
        raise UnusableData(
            f"read_only names {', '.join(map(repr, unknown))}, "
            f"the server has {', '.join(map(repr, names))}"
        )
    marked = tuple(
        tool.model_copy(update={"read_only": tool.read_only or tool.name in server.read_only})
        for tool in toolset.tools
    )
    toolset = toolset.model_copy(update={"tools": marked})
    readers = [tool.name for tool in marked if not tool.read_only and only_reads(tool)]
    if server.tools_file or server.read_only or not readers:
        return toolset
    names_read = ", ".join(map(json.dumps, readers[:MOST_NAMED]))
    note = (
        "rows have no real results of tools that seem to read and are not marked so; if they "
        f"change nothing, in the server's file: read_only = [{names_read}]"
    )
    return toolset.model_copy(update={"notes": (*toolset.notes, on_one_line(note))})


def with_usable_tools(toolset: Toolset, server: Server) -> Toolset:
    """The list without tools that no valid call can be written for, each with a note.

    Optional parameters that no value can be written for are noted, and no row gives them; so are
    output schemas that no result can be made up from.

    Raises:
        UnusableTool: the server is strict or includes such a tool by name, or no other is left.
    """
    names = frozenset(tool.name for tool in toolset.tools)
    hard = [tool.name for tool in toolset.tools if has_hard_patterns(tool.input_schema)]
    good_tools: list[Tool] = []
    faults: dict[str, str] = {}
    notes: list[str] = []
    for tool in toolset.tools:
        maker = ArgumentMaker(tool, server, names=names)
        reason = _reason_against(maker, tool.name in hard[MOST_HARD:])
        if reason:
            faults[tool.name] = reason
            continue
        fault_of_output = _reason_against_output(tool)
        good_tools.append(
            tool.model_copy(update={"output_schema": None}) if fault_of_output else tool
        )
        notes += _notes(tool, maker.unwritable.items(), fault_of_output)
    is_wanted = any(name in server.include_tools for name in faults)
    wrong = [on_one_line(f"{name}: {reason}") for name, reason in faults.items()]
    if (faults and (is_wanted or not good_tools)) or (server.strict and (faults or notes)):
        raise UnusableTool(" / ".join([*wrong, *notes][:MOST_NAMED]))
    all_notes = (*toolset.notes, *(f"left out: {fault}" for fault in wrong), *notes)
    return toolset.model_copy(update={"tools": tuple(good_tools), "notes": all_notes})


def _reason_against(maker: ArgumentMaker, is_too_much: bool) -> str:
    """Why no call of a tool can be written; empty when one can be."""
    if is_too_much:
        return "its patterns take too much beside those of other tools"
    try:
        maker.make(random.Random(maker.tool.name), DrawOptions(optional=0.0))
    except UnusableTool as fault:
        return str(fault).removeprefix(f"{maker.tool.name}: ")
    return ""


def _reason_against_output(tool: Tool) -> str:
    """Why no result can be made up from a tool's output schema; empty when one can be."""
    try:
        schema = usable(tool.output_schema or {})
        draw(schema, Place(random.Random(0), Document(schema), "", "train", optional=0.9))
    except UnusableTool as fault:
        return str(fault)
    return ""


def _notes(tool: Tool, left_out: Iterable[tuple[str, str]], lost: str) -> list[str]:
    notes = [f"{tool.name}: {name} is never given: {reason}" for name, reason in left_out]
    notes += [f"{tool.name}: its output schema is not used: {lost}"] * bool(lost)
    return list(map(on_one_line, notes))
