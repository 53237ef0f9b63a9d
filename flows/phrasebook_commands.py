"""The commands of ``mcp-forge`` that are about phrasebooks."""

from pydantic import BaseModel, Field
from pydantic_settings import CliApp, CliPositionalArg, CliSubCommand

from flows.commands import SERVER
from flows.terminal import say
from profiles import resolve_server
from tasks.domain.errors import ForgeError


class CheckPhrasebook(BaseModel):
    """Hold a phrasebook against the tools that it is for; with neither, as one for every server."""

    file: CliPositionalArg[str] = Field(description="the book, as JSONL")
    server: str = Field("", description=SERVER)
    tools: str = Field("", description="a file with a tool list, instead of a server")
    write: bool = Field(False, description="note the tools' schemas in the book's first line")

    def cli_cmd(self) -> None:
        """Check without a Prefect server; exit status 1 with one line for each fault."""
        from tasks.check_phrasebook import check_book

        named = self.server or self.tools
        verdict = check_book.fn(self.file, resolve_server(named) if named else None, self.write)
        for note in verdict.notes:
            say(f"note: {note}")
        for fault in verdict.faults:
            say(fault)
        if verdict.faults:
            raise ForgeError(f"{self.file}: {len(verdict.faults)} faults, needed none")
        say(f"{self.file}: no faults")


class Phrasebook(BaseModel):
    """Look after phrasebooks: requests that people would type, by tool."""

    check: CliSubCommand[CheckPhrasebook]

    def cli_cmd(self) -> None:
        """Do what was asked."""
        CliApp.run_subcommand(self)
