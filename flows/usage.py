"""How a command line is explained: its help, and what is wrong with it in one line."""

import argparse
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import CliPositionalArg, CliSubCommand

_MOST_SHOWN = 100
"""Characters of a value that was typed."""
_KINDS = {"str": "TEXT", "list[str]": "TEXT", "int": "NUMBER", "float": "NUMBER"}
_EMPTY_DEFAULT = re.compile(r" ?\(default: (|\[\]|None|False)\)$")
_POSITIONAL = get_args(CliPositionalArg)[1]
_SUBCOMMAND = get_args(CliSubCommand)[1]


class Help(argparse.RawDescriptionHelpFormatter):
    """Help without Python's names of types, and without defaults that say nothing."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return _EMPTY_DEFAULT.sub("", action.help) if action.help else action.help

    def _metavar_formatter(
        self, action: argparse.Action, default_metavar: str
    ) -> Callable[[int], tuple[str, ...]]:
        if isinstance(action, argparse._SubParsersAction):
            return lambda size: ("COMMAND",) * size
        if isinstance(action.metavar, str):
            words = re.split(r"[{},]+", action.metavar.strip("{}"))
            kinds = ",".join(_KINDS.get(word, word) for word in words)
            return lambda size: (kinds if len(words) == 1 else f"{{{kinds}}}",) * size
        return super()._metavar_formatter(action, default_metavar)


def subcommands(command: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The commands below one, by the names that a person types."""
    fields = ((f.alias or name, f.annotation) for name, f in command.model_fields.items())
    return {
        name.replace("_", "-"): kind
        for name, annotation in fields
        for kind in get_args(annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    }


def flags(command: type[BaseModel]) -> dict[str, str]:
    """What a person types for each of a command's fields; a positional argument in capitals."""
    return {
        field.alias or name: name.upper()
        if _POSITIONAL in field.metadata
        else f"--{(field.alias or name).replace('_', '-')}"
        for name, field in command.model_fields.items()
        if _SUBCOMMAND not in field.metadata
    }


def explain_arguments(error: ValidationError, commands: type[BaseModel]) -> str:
    """What is wrong with the arguments of a command: what is missing, and each wrong value."""
    missing: list[str] = []
    wrong: dict[str, list[str]] = {}
    for fault in error.errors():
        flag = _flag(fault, commands)
        if fault["type"] == "missing":
            missing.append(flag)
        else:
            typed = str(fault["input"])[:_MOST_SHOWN]
            wrong.setdefault(f"{flag} {typed}", []).append(_should(fault))
    lacks = [f"needed {', '.join(missing)}"] if missing else []
    return "; ".join([*lacks, *(f"{what} {' or '.join(faults)}" for what, faults in wrong.items())])


def explain_usage(message: str, arguments: Sequence[str], commands: type[BaseModel]) -> str:
    """What of a command line cannot be read, what was perhaps meant, and which help says more."""
    command, path = commands, ["mcp-forge"]
    for word in arguments:
        if word not in subcommands(command):
            break
        command = subcommands(command)[word]
        path.append(word)
    (reason, *_) = message.removeprefix("error parsing CLI: ").removeprefix("Error: ").splitlines()
    words = [*subcommands(command), *flags(command).values()]
    typed = [word for word in arguments if word.startswith("--")]
    if "invalid choice" in reason:
        typed = [arguments[len(path) - 1]]
        reason = f"no command {typed[0]!r}"
    near = [one for word in typed if word not in words for one in get_close_matches(word, words, 1)]
    hint = f"; is it {near[0]}?" if near else ""
    return f"{reason}{hint}; {' '.join(path)} --help says what it takes"


def explain_environment(error: ValidationError) -> str:
    """What is wrong with settings of the environment."""
    return "; ".join(
        f"MCP_FORGE_{fault['loc'][0]!s}".upper() + f"={fault['input']} {_should(fault)}"
        for fault in error.errors()
    )


def _flag(fault: ErrorDetails, commands: type[BaseModel]) -> str:
    command, place = commands, list(map(str, fault["loc"]))
    while (inner := subcommands(command).get(place[0].replace("_", "-"))) and len(place) > 1:
        command = inner
        del place[0]
    return flags(command).get(place[0], place[0])


def _should(fault: ErrorDetails) -> str:
    message = fault["msg"].removeprefix("Value error, ")
    return message.removeprefix("Input ") if message.startswith("Input ") else f"({message})"
