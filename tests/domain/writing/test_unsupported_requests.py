"""Requests that no tool meets: nothing that a tool of another name does after all."""

import random
import re

import pytest

from profiles import Server
from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.phrasing.hard_negatives import unsupported_request
from tasks.domain.writing.phrasing.tool_context import ToolContext
from tasks.domain.writing.phrasing.wording import wordings
from tasks.domain.writing.values.maker import ArgumentMaker

SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}


def texts(*names: str) -> list[str]:
    tools = tuple(
        Tool(name=name, description=f"{name.title()}.", input_schema=SCHEMA) for name in names
    )
    toolset, server = Toolset(server="desk", tools=tools), Server(name="desk", command=("desk",))
    known = frozenset(names)
    words = wordings(toolset, [ArgumentMaker(tool, server, names=known) for tool in tools])
    rng, context = random.Random(1), ToolContext.of(toolset)
    found = [unsupported_request(words, context, "train", rng) for _ in range(300)]
    return [each[0] for each in found if each]


def test_what_an_update_does_is_not_refused() -> None:
    assert any(re.search(r"\b(rename|tag|archive)\b", text, re.I) for text in texts("create_issue"))
    changing = texts("create_issue", "update_issue")
    assert len(changing) > 250
    assert not any(re.search(r"\b(rename|tag|archive)\b", text, re.I) for text in changing)


@pytest.mark.parametrize("name", ["run_command", "execute_sql", "python_eval"])
def test_where_a_tool_does_whatever_it_is_told_nothing_is_refused(name: str) -> None:
    assert texts("create_issue", name) == []
