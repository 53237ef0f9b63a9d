"""The commands of ``mcp-forge`` that are about phrasebooks."""

import shlex
from typing import Any

from pydantic import BaseModel, Field
from pydantic_settings import CliApp, CliPositionalArg, CliSubCommand

from flows.commands import SERVER, TOOLS
from flows.in_prefect import in_prefect
from flows.inputs import check_files, chosen_server
from flows.terminal import say
from profiles import TeacherPlan, load_profile, resolve_server
from tasks.domain.errors import ForgeError
from tasks.domain.writing.teaching.cost import price_of_teaching


class CheckPhrasebook(BaseModel):
    """Hold a phrasebook against the tools that it is for; with neither, as one for every server."""

    file: CliPositionalArg[str] = Field(description="the book, as JSONL")
    server: str = Field("", description=SERVER)
    tools: str = Field("", description=TOOLS)
    write: bool = Field(False, description="note the tools' schemas in the book's first line")

    def cli_cmd(self) -> None:
        """Check without a Prefect server; exit status 1 with one line for each fault."""
        from tasks.check_phrasebook import check_book

        check_files(self.file)
        is_for_one = self.server or self.tools
        server = resolve_server(chosen_server(self.server, self.tools)) if is_for_one else None
        verdict = check_book(self.file, server, self.write)
        for note in verdict.notes:
            say(f"note: {note}")
        for fault in verdict.faults:
            say(fault)
        if verdict.faults:
            raise ForgeError(f"{self.file}: {len(verdict.faults)} faults, needed none")
        say(f"{self.file}: no faults")


class WritePhrasebook(BaseModel):
    """Have a teacher write a phrasebook for all tools of a server."""

    server: str = Field("", description=SERVER)
    tools: str = Field("", description=TOOLS)
    profile: str = Field("balanced", description="the training profile whose [teacher] is taken")
    output: str = Field("", description="the book; <server>.phrasebook.jsonl by default")
    estimate: bool = Field(False, description="say what it would cost, and ask nothing")
    teacher_endpoint: str = Field("", description="an OpenAI-compatible endpoint's base address")
    teacher_gguf: str = Field("", description="a GGUF file to serve here, instead of an endpoint")
    teacher_model: str = Field("", description="the model's name there")
    teacher_key_variable: str = Field("", description="the environment variable with the key")
    teacher_reader: str = Field("", description="another model there that reads what was written")
    teacher_max_tokens: int | None = Field(None, description="of all questions and answers")

    def cli_cmd(self) -> None:
        """Say what it costs, write, and say how to go on."""
        from tasks.inspect_server import inspect_server

        server, plan = resolve_server(chosen_server(self.server, self.tools)), self._plan()
        if self.estimate or plan is None:
            say(price_of_teaching(inspect_server.fn(server), server, plan, ()) or "")
        if plan is None and not self.estimate:
            raise ForgeError(
                "no teacher; needed --teacher-endpoint (or --teacher-gguf) and --teacher-model, "
                f"or [teacher] in the profile {self.profile!r}"
            )
        if not self.estimate:
            output = self.output or f"{server.name}.phrasebook.jsonl"
            book = in_prefect("flows.stages:write_book", server=server, plan=plan, output=output)
            say("\n".join([f"{book.lines} lines in {output}", *book.notes]))
            flag = "--tools" if self.tools else "--server"
            place = shlex.quote(self.server or self.tools)
            say(f"check it: mcp-forge phrasebook check {shlex.quote(output)} {flag} {place}")

    def _plan(self) -> TeacherPlan | None:
        """The profile's teacher, with what the command says instead."""
        named = {
            name.removeprefix("teacher_"): value
            for name, value in self.model_dump().items()
            if name.startswith("teacher_") and value
        }
        planned = load_profile(self.profile).teacher
        fields: dict[str, Any] = planned.model_dump(exclude_unset=True) if planned else {}
        if "endpoint" in named or "gguf" in named:
            fields = {name: v for name, v in fields.items() if name not in ("endpoint", "gguf")}
        whole = fields | named
        return TeacherPlan.model_validate(whole) if whole else None


class Phrasebook(BaseModel):
    """Look after phrasebooks: requests that people would type, by tool."""

    check: CliSubCommand[CheckPhrasebook]
    write: CliSubCommand[WritePhrasebook]

    def cli_cmd(self) -> None:
        """Do what was asked."""
        CliApp.run_subcommand(self, cli_exit_on_error=False)
