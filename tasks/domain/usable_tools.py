"""Which tools of a list rows can be written for: known before anything else is made of it."""

import random

from profiles import Server
from tasks.domain.arguments.instances import Place, draw
from tasks.domain.arguments.maker import ArgumentMaker, Wish
from tasks.domain.errors import UnusableTool
from tasks.domain.products import Tool, Toolset
from tasks.domain.references import Document
from tasks.domain.toollists import MOST_NAMED
from tasks.domain.validation import has_hard_patterns, usable

MOST_HARD = 6
"""Tools with patterns that take megabytes each, or that cannot be run."""


def with_usable_tools(toolset: Toolset, server: Server) -> Toolset:
    """The list without tools that no valid call can be written for, each with a note.

    Optional parameters that no value can be written for are noted, and no row gives them.

    Raises:
        UnusableTool: the server is strict or includes such a tool by name, or no other is left.
    """
    kept: list[Tool] = []
    faults: list[str] = []
    notes: list[str] = []
    hard = 0
    names = frozenset(tool.name for tool in toolset.tools)
    for tool in toolset.tools:
        maker = ArgumentMaker(tool, server, names=names)
        if has_hard_patterns(tool.input_schema) and (hard := hard + 1) > MOST_HARD:
            faults.append(f"{tool.name}: its patterns take too much beside those of other tools")
            continue
        try:
            maker.make(random.Random(tool.name), Wish(optional=0.0))
        except UnusableTool as fault:
            reason = str(fault).removeprefix(f"{tool.name}: ")
            faults.append(f"{tool.name}: {reason}")
            continue
        reason = _reason_against_output(tool)
        kept.append(tool.model_copy(update={"output_schema": None}) if reason else tool)
        notes += [f"{tool.name}: its output schema is not used: {reason}"] if reason else []
        left_out = maker.unwritable.items()
        notes += [f"{tool.name}: {name} is never given: {reason}" for name, reason in left_out]
    if faults and (server.strict or server.include_tools or not kept):
        raise UnusableTool(" / ".join(faults[:MOST_NAMED]))
    if notes and server.strict:
        raise UnusableTool(" / ".join(notes[:MOST_NAMED]))
    left_out_tools = [f"left out: {fault}" for fault in faults]
    return toolset.model_copy(
        update={"tools": tuple(kept), "notes": (*toolset.notes, *left_out_tools, *notes)}
    )


def _reason_against_output(tool: Tool) -> str:
    """Why no result can be made up from a tool's output schema; empty when one can be."""
    try:
        schema = usable(tool.output_schema or {})
        draw(schema, Place(random.Random(0), Document(schema), "", "train", optional=0.9))
    except UnusableTool as fault:
        return str(fault)
    return ""
