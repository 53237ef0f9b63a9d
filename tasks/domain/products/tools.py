"""What a server says of itself."""

from typing import Any

from tasks.domain.conversations import fingerprint
from tasks.domain.products.base import Product


class Tool(Product):
    """One tool of an MCP server, as the server describes it."""

    name: str
    title: str = ""
    description: str = ""
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None = None
    read_only: bool = False
    """Whether the server says that a call changes nothing; unsaid counts as changing (MCP)."""
    destructive: bool = True


class Toolset(Product):
    """The tools of one server."""

    server: str
    version: str = ""
    tools: tuple[Tool, ...]
    notes: tuple[str, ...] = ()
    """What a person should know: tools and parameters that are left out."""

    @property
    def fingerprint(self) -> str:
        """The sha256 (hex) of what a model learns of the tools: names, texts, input schemas."""
        return fingerprint([[t.name, t.description, t.input_schema] for t in self.tools])

    def tool(self, name: str) -> Tool:
        """The tool of that name; KeyError when there is none."""
        return {tool.name: tool for tool in self.tools}[name]


class Offer(Product):
    """A resource or a prompt that a server offers beside its tools, as text."""

    about: tuple[str, ...]
    """The words of its name, in the singular."""
    text: str
    uri: str = ""


class ToolResult(Product):
    """What a server answered to a call: text as a model reads it."""

    text: str
    is_error: bool = False
    structured: dict[str, Any] | None = None
    simulated: bool = False
