"""``mcp-forge``: the same flows from a shell. Exit status 0 only when the work was done."""

import os
import sys

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, CliApp, CliSubCommand
from pydantic_settings import SettingsConfigDict as Config

from flows import commands, version_commands
from flows.local_server import settle_environment
from profiles import ProfileError, explain
from tasks.domain.errors import ForgeError
from tasks.domain.untrusted.printable import printable


class Commands(BaseSettings):
    """Turn an MCP server into a small local model that can call its tools."""

    model_config = Config(
        cli_prog_name="mcp-forge",
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_avoid_json=True,
        cli_use_class_docs_for_groups=True,
    )

    run: CliSubCommand[commands.Run]
    inspect: CliSubCommand[commands.Inspect]
    preview: CliSubCommand[commands.Preview]
    generate: CliSubCommand[commands.Generate]
    check: CliSubCommand[commands.Check]
    train: CliSubCommand[commands.Train]
    export: CliSubCommand[commands.Export]
    validate_model: CliSubCommand[commands.Validate] = Field(alias="validate")
    benchmark: CliSubCommand[commands.Benchmark]
    pack: CliSubCommand[commands.Pack]
    verify_bundle: CliSubCommand[commands.VerifyBundle]
    versions: CliSubCommand[version_commands.Versions]
    diff: CliSubCommand[version_commands.Diff]
    promote: CliSubCommand[version_commands.Promote]
    rollback: CliSubCommand[version_commands.Rollback]
    sweep: CliSubCommand[version_commands.Sweep]
    push: CliSubCommand[version_commands.Push]
    doctor: CliSubCommand[commands.Doctor]

    def cli_cmd(self) -> None:
        """Do what was asked."""
        CliApp.run_subcommand(self)


def main() -> None:
    """Run one command; one line on standard error says why it was not done."""
    settle_environment()
    # A person at a shell may start any program anyway; a deployment may not.
    os.environ.setdefault("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")
    try:
        CliApp.run(Commands)
    except (ForgeError, ProfileError) as error:
        sys.exit(f"mcp-forge: {printable(str(error))}")
    except ValidationError as error:
        sys.exit(f"mcp-forge: {printable(explain(error))}")
    except KeyboardInterrupt:
        sys.exit("mcp-forge: stopped by the keyboard; the same command goes on from what is done")


if __name__ == "__main__":
    main()
