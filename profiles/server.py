"""An MCP server: how it is reached, and what only it, or its operator, can know."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from profiles.section import Json, Name, Section, Spawned

VARIABLE = re.compile(r"\$\{(\w+)\}")
"""A place in a text where a variable of our environment is put."""


class Workspace(Section):
    """Files and commands that give a server something to work on."""

    files: dict[str, str] = Field(default={})
    commands: tuple[tuple[Spawned, ...], ...] = ()

    @model_validator(mode="after")
    def _inside(self) -> Self:
        for name in self.files:
            path = PurePosixPath(name)
            is_plain = path.name and not set(name) & {"\\", "\0"}
            if path.is_absolute() or ".." in path.parts or not is_plain:
                raise ValueError(f"the file {name!r} is not one inside the workspace")
        return self


class HandWrittenPrompt(Section):
    """One prompt written apart from the generator, and its call (None: no tool)."""

    prompt: str
    call: dict[str, Json] | None


class Server(Section):
    """One MCP server: how it is reached, and what only it (or its operator) can know."""

    name: Name
    description: str = ""
    command: tuple[Spawned, ...] = ()
    """stdio: program and arguments; ``{workspace}`` becomes the workspace's path."""
    folder: str = ""
    """stdio: where the program is started, such as ``{workspace}``; empty: where we are."""
    install: str = Field(default="", pattern=r"^[^\x00-\x1f\x7f]*$")
    """How a person gets the program: a command, which a refusal names when it does not start."""
    url: str = ""
    """Streamable HTTP, instead of a command; ``${NAME}`` in it is taken from our environment."""
    env: dict[Annotated[str, Field(pattern=r"^[^=\x00]+$")], Spawned] = Field(default={})
    """Environment of the server's process; ``${NAME}`` is taken from ours when it starts."""
    headers: dict[str, str] = Field(default={})
    """HTTP headers; ``${NAME}`` is taken from our environment, so no secret is written here."""
    tools_file: str = ""
    """A tool list in a file, instead of a server that runs: results are then simulated."""
    include_tools: tuple[str, ...] = ()
    """Only these tools, by name or by a pattern such as ``issue_*``; empty means all."""
    strict: bool = False
    """Whether a tool or parameter that cannot be used stops the run; else it is left out, noted."""
    constants: dict[str, Json] = Field(default={})
    """Argument values that never vary, by parameter or ``tool.parameter``."""
    values: dict[str, Annotated[tuple[Json, ...], Field(min_length=1)]] = Field(default={})
    """Argument values that exist on the server, by parameter or ``tool.parameter``."""
    read_only: tuple[str, ...] = ()
    """Tools that may be called while rows are written, though they do not say that they change
    nothing."""
    phrasebook: str = ""
    """A file in profiles/servers/ with requests that people would type; NAME.phrasebook.jsonl is
    taken where there is one."""
    licence: str = ""
    """Of the tools' names and descriptions and of what the server answers: rows quote them."""
    prompts: str = ""
    """A file in profiles/servers/ of prompts written apart from the generator, to score by."""
    test_prompts: tuple[HandWrittenPrompt, ...] = ()
    """What that file holds, read when the server is loaded; never trained."""
    workspace: Workspace | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [bool(self.command), bool(self.url), bool(self.tools_file)]
        if sum(ways) != 1:
            raise ValueError(f"needs exactly one of command, url and tools_file, found {sum(ways)}")
        if self.url:
            _check_url(self.url)
        return self

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of our environment that it is handed."""
        texts = (*self.env.values(), *self.headers.values(), self.url)
        return tuple(dict.fromkeys(name for text in texts for name in VARIABLE.findall(text)))


def _check_url(url: str) -> None:
    """Make sure that a URL can be reached over HTTP and holds no password; ValueError else."""
    public = url.partition("?")[0]  # a query may hold a key
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise ValueError(f"{public!r} is no URL: {error}") from error
    if not is_whole:
        raise ValueError(f"{public!r} is no URL; needed http:// or https:// and a host")
    if parts.username is not None:
        raise ValueError(
            f"the URL of {parts.hostname!r} holds a user's name; needed it in headers, as ${{NAME}}"
        )


class ServerDeployment(Section):
    """How a server is watched: ``[deployment]`` of a server's file."""

    deployed: bool = True
    """Whether it gets a watch of its own; False for a server that is not installed with us."""
    model: str = "smollm2"
    """The model whose last bundle is compared and that is forged again."""
    nightly: str = "0 2 * * *"
    """When the tools are looked at (cron)."""
    timezone: str = "UTC"
    active: bool = True
