"""The commands of ``mcp-forge`` that only say what is there."""

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field
from pydantic_settings import CliPositionalArg

from flows.terminal import say
from flows.usage import flags, subcommands
from profiles import (
    load_model,
    load_model_deployment,
    load_profile,
    load_server,
    models,
    servers,
    training_profiles,
)
from tasks.domain.products import Toolset

Shell = Literal["bash", "zsh"]
_SCRIPT = """\
_mcp_forge() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words
  case ${{COMP_WORDS[COMP_CWORD-1]}} in
    --model) words="{models}";;
    --profile) words="{profiles}";;
    --server) words="{servers}";;
    *) case ${{COMP_WORDS[1]}} in
{cases}
    *) words="{commands}";;
    esac;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _mcp_forge mcp-forge
"""


class List(BaseModel):
    """List the models, profiles and servers that a run can name."""

    json_: bool = Field(False, alias="json", description="as JSON")

    def cli_cmd(self) -> None:
        """List them, each with what its file says of it."""
        listing = {"models": _models(), "profiles": _profiles(), "servers": _servers()}
        if self.json_:
            say(json.dumps(listing, indent=2, ensure_ascii=False))
            return
        width = max(len(name) for group in listing.values() for name in group)
        lines = [
            line
            for kind, group in listing.items()
            for line in (kind, *(f"  {name:{width}}  {text}" for name, text in group.items()), "")
        ]
        say("\n".join(lines[:-1]))


class ShowScores(BaseModel):
    """Show the scores that a bundle came with."""

    folder: CliPositionalArg[str] = Field(description="the bundle")
    json_: bool = Field(False, alias="json", description="the whole scorecard as JSON")

    def cli_cmd(self) -> None:
        """Check its files, and show its scorecard."""
        from tasks.read_scores import read_scores

        scores = read_scores(self.folder)
        say(scores.model_dump_json(indent=2) if self.json_ else scores.text)


class Completion(BaseModel):
    """Print a script that completes commands, flags and names in a shell."""

    shell: CliPositionalArg[Shell] = Field(description=" or ".join(get_args(Shell)))

    def cli_cmd(self) -> None:
        """Print it: ``source <(mcp-forge completion bash)``."""
        from flows.command_line import Commands

        before = "autoload -Uz bashcompinit && bashcompinit\n" if self.shell == "zsh" else ""
        say(before + completion_script(subcommands(Commands)).rstrip())


def completion_script(commands: Mapping[str, type[BaseModel]]) -> str:
    """The script for bash, which zsh can read too."""
    cases = [f'    {name}) words="{_words(command)}";;' for name, command in commands.items()]
    return _SCRIPT.format(
        models=" ".join(models()),
        profiles=" ".join(training_profiles()),
        servers=" ".join(servers()),
        cases="\n".join(cases),
        commands=" ".join([*commands, "--version", "--help"]),
    )


def tools_text(toolset: Toolset) -> str:
    """The tools as a person reads them: parameters, the required ones with a star."""
    return "\n".join(
        f"{tool.name}({_parameters(tool.input_schema)})\n  {' '.join(tool.description.split())}"
        for tool in toolset.tools
    )


def _parameters(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    return ", ".join(f"{name}{'*' * (name in required)}" for name in schema.get("properties", {}))


def _words(command: type[BaseModel]) -> str:
    """What may follow a command: the commands below it, and all flags."""
    below = subcommands(command)
    typed = (word for one in (command, *below.values()) for word in flags(one).values())
    return " ".join(dict.fromkeys([*below, *(word for word in typed if word.startswith("--"))]))


def _models() -> dict[str, str]:
    return {
        name: f"{load_model(name).description} (profile {load_model_deployment(name).profile})"
        for name in models()
    }


def _profiles() -> dict[str, str]:
    return {name: load_profile(name).description for name in training_profiles()}


def _servers() -> dict[str, str]:
    return {name: load_server(name).description for name in servers()}
