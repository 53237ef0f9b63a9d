"""Tools that nobody tuned anything to: made in a line, with what is said and drawn for them."""

import random
from collections.abc import Iterable
from typing import Any

from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.phrasing.requests import request
from tasks.domain.writing.phrasing.wording import Wording, wordings
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker
from tests.fakes.toolsets import server

TEXT: dict[str, Any] = {"type": "string"}
COUNT: dict[str, Any] = {"type": "integer"}


def tool_of(name: str, description: str, optional: Iterable[str] = (), /, **parts: Any) -> Tool:
    required = [part for part in parts if part not in optional]
    schema = {"type": "object", "properties": parts, "required": required}
    return Tool(name=name, description=description, input_schema=schema)


def wording_of(tool: Tool) -> Wording:
    names = frozenset((tool.name,))
    maker = ArgumentMaker(tool, server(), names=names)
    return wordings(Toolset(server="own", tools=(tool,)), [maker])[0]


def said(tool: Tool, /, **arguments: Any) -> str:
    wording = wording_of(tool)
    texts = (request(wording, arguments, "train", random.Random(n)).text for n in range(600))
    return "\n".join(texts).casefold()


def drawn(tool: Tool, name: str, optional: float = 1.0) -> list[Any]:
    maker = ArgumentMaker(tool, server())
    rng = random.Random(1)
    return [maker.make(rng, DrawOptions("train", optional))[name] for _ in range(80)]
