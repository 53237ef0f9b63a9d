"""The commands of ``mcp-forge``, each with what it takes."""

import sys
from importlib import metadata

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    CliApp,
    CliSettingsSource,
    CliSubCommand,
    PydanticBaseSettingsSource,
    get_subcommand,
)
from pydantic_settings import SettingsConfigDict as Config

from flows import bundle_commands, commands, listing, phrasebook_commands, version_commands
from flows.terminal import say
from flows.usage import Help


class Commands(BaseSettings):
    """Turn an MCP server into a small local model that can call its tools."""

    model_config = Config(
        cli_prog_name="mcp-forge",
        cli_kebab_case=True,
        cli_implicit_flags="toggle",
        cli_hide_none_type=True,
        cli_avoid_json=True,
        cli_use_class_docs_for_groups=True,
        cli_exit_on_error=False,
    )

    version: bool = Field(False, description="say the version, and end")
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
    phrasebook: CliSubCommand[phrasebook_commands.Phrasebook]
    chat: CliSubCommand[bundle_commands.Chat]
    serve: CliSubCommand[bundle_commands.Serve]
    scores: CliSubCommand[listing.ShowScores]
    breadth: CliSubCommand[bundle_commands.Breadth]
    verify_bundle: CliSubCommand[bundle_commands.VerifyBundle]
    versions: CliSubCommand[version_commands.Versions]
    diff: CliSubCommand[version_commands.Diff]
    promote: CliSubCommand[version_commands.Promote]
    rollback: CliSubCommand[version_commands.Rollback]
    sweep: CliSubCommand[version_commands.Sweep]
    push: CliSubCommand[version_commands.Push]
    doctor: CliSubCommand[commands.Doctor]
    list_: CliSubCommand[listing.List] = Field(alias="list")
    completion: CliSubCommand[listing.Completion]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing comes from the environment, where VERSION or LIST may mean anything."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    def cli_cmd(self) -> None:
        """Do what was asked."""
        if self.version:
            say(f"mcp-forge {metadata.version('mcp-forge')}")
            return
        if get_subcommand(self, is_required=False) is None:
            CliApp.print_help(self, file=sys.stderr)
            sys.exit(2)
        CliApp.run_subcommand(self)


def run_command(arguments: list[str] | None = None) -> None:
    """Do what the command line says, or other arguments."""
    source = CliSettingsSource[Commands](Commands, formatter_class=Help)
    CliApp.run(Commands, cli_args=arguments, cli_settings_source=source)
