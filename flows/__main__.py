"""``mcp-forge``: the same flows from a shell. Exit status 0 only when the work was done."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, CliApp, CliPositionalArg, CliSubCommand
from pydantic_settings import SettingsConfigDict as Config

from flows.local_server import prefect_api, settle_environment
from profiles import ProfileError, Quantization, explain, load_recipe
from tasks.domain.errors import ForgeError


class Run(BaseModel):
    """Forge a model from a server: list, write, gate, train, export, prove, pack."""

    server: str = Field(description="a registered server, a command, a URL or a tool list's file")
    model: str = Field("smollm2", description="the base model, one of profiles/models")
    profile: str = Field("balanced", description="the training profile")
    quantization: Quantization = Field("q8_0", description="how the GGUF file's weights are stored")
    samples: int | None = Field(None, description="rows to train on; the profile's by default")
    seed: int | None = Field(None, description="of data and training; the profile's by default")
    include_tools: list[str] = Field([], description="only these tools")
    output: str = Field("", description="the bundle's folder; dist/<server>-<model> by default")

    def cli_cmd(self) -> None:
        """Look whether it can be done, then do it."""
        from tasks.check_machine import check_machine

        check_machine.fn(
            load_recipe(
                self.server, self.model, self.profile, self.quantization, self.samples, self.seed
            )
        )
        bundle = _in_prefect("flows.forge:forge", self.model_dump())
        _say(f"bundle {bundle.path}\ncheck it: mcp-forge verify-bundle {bundle.path}")


class VerifyBundle(BaseModel):
    """Check a bundle: its files, the server's tools, one real tool call."""

    folder: CliPositionalArg[str] = Field(description="the bundle")

    def cli_cmd(self) -> None:
        """Verify without a Prefect server: nothing of it is worth keeping."""
        from tasks.verify_bundle import verify_bundle

        _say(verify_bundle.fn(self.folder).text)


class Commands(BaseSettings):
    """Turn an MCP server into a small local model that can call its tools."""

    model_config = Config(
        cli_prog_name="mcp-forge", cli_kebab_case=True, cli_implicit_flags=True, cli_avoid_json=True
    )

    run: CliSubCommand[Run]
    verify_bundle: CliSubCommand[VerifyBundle]

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
        sys.exit(f"mcp-forge: {error}")
    except ValidationError as error:
        sys.exit(f"mcp-forge: {explain(error)}")
    except KeyboardInterrupt:
        sys.exit("mcp-forge: stopped by the keyboard; the same command goes on from what is done")


def _in_prefect(entry: str, parameters: dict[str, Any]) -> Any:
    """Run a flow against the configured Prefect API, or against a server of this command's own."""
    from prefect.settings import PREFECT_API_URL, temporary_settings
    from prefect.utilities.importtools import import_object

    _quieten_refusals()
    flow: Callable[..., Any] = import_object(entry)
    with prefect_api() as url, temporary_settings({PREFECT_API_URL: url}):
        return flow(**parameters)


def _quieten_refusals() -> None:
    """Keep tracebacks of our own errors from the terminal: their message is the last line."""

    def is_worth_showing(record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], ForgeError))

    for handler in logging.getLogger("prefect").handlers:
        handler.addFilter(is_worth_showing)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
