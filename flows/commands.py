"""What each command of ``mcp-forge`` takes, and which flow it starts."""

import logging
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field
from pydantic_settings import CliPositionalArg

from flows.local_server import prefect_api
from profiles import (
    Model,
    OwnData,
    Profile,
    Quantization,
    Recipe,
    ToolsInPrompt,
    find_server,
    load_model,
    load_profile,
    load_recipe,
    models,
)
from profiles.settings import Settings
from tasks.domain.errors import ForgeError
from tasks.domain.training.requirements import ALL_STAGES, Request, Stage
from tasks.domain.untrusted.printable import printable

SERVER = "a registered server, a command, a URL, or a file with a tool list"
MODEL = "the base model, one of profiles/models"
PROFILE = "the training profile, one of profiles/training"
QUANTIZATION = "how the GGUF file's weights are stored"
_LOG_SECONDS = 10
"""How long a command waits for its last log lines to reach the API."""
STRICT = "refuse a list with a tool or parameter that cannot be used, instead of leaving it out"
INCLUDE = "only these tools, by name or by a pattern such as 'issue_*'"
IN_PROMPT = "which tools a prompt lists; the profile's choice by default"
DATA = "rows as JSONL: what generate wrote, or your own"


class _ForServer(BaseModel):
    """What every command takes that asks a server."""

    server: str = Field("", description=SERVER)
    tools: str = Field("", description="a file with a tool list, instead of a server")
    model: str = Field("smollm2", description=MODEL)
    profile: str = Field("balanced", description=PROFILE)
    quantization: Quantization = Field("q8_0", description=QUANTIZATION)
    samples: int | None = Field(None, description="rows to train on; the profile's by default")
    seed: int | None = Field(None, description="of data and training; the profile's by default")
    include_tools: list[str] = Field([], description=INCLUDE)
    tools_in_prompt: ToolsInPrompt | None = Field(None, description=IN_PROMPT)
    strict: bool = Field(False, description=STRICT)

    def recipe(self) -> Recipe:
        """The run that is asked for; ForgeError or ProfileError when it cannot be."""
        if bool(self.server) == bool(self.tools):
            raise ForgeError("needed one of --server and --tools, found " + self._both())
        _be_strict(self.strict)
        return load_recipe(
            self.server or self.tools,
            self.model,
            self.profile,
            self.quantization,
            self.samples,
            self.seed,
            self.include_tools,
            self.tools_in_prompt,
        )

    def _both(self) -> str:
        return "both" if self.server else "neither"


class Run(_ForServer):
    """Forge a model from a server: list, write, gate, train, export, prove, pack."""

    output: str = Field("", description="the bundle's folder; dist/<server>-<model> by default")

    def cli_cmd(self) -> None:
        """Look whether it can be done, then do it."""
        recipe = self.recipe()
        if Settings().placement == "in-process":
            _check(recipe.model, recipe.quantization, recipe.profile, ALL_STAGES)
        asked = self.model_dump(exclude={"tools", "strict"}) | {"server": self.server or self.tools}
        bundle = in_prefect("flows.forge:forge", **asked)
        is_known = recipe.server.tools_file or find_server(recipe.server.name)
        own = "" if is_known else f" --server {shlex.quote(self.server)}"
        word = "the champion" if bundle.promoted else "not promoted"
        say(f"bundle {bundle.path}\nversion {bundle.version}, {word}: {bundle.reason}")
        say(f"check it: mcp-forge verify-bundle {bundle.path}{own}")


class Inspect(BaseModel):
    """List a server's tools, with their fingerprint."""

    server: str = Field(description=SERVER)
    output: str = Field("", description="a file for the list; standard output by default")
    strict: bool = Field(False, description=STRICT)
    include_tools: list[str] = Field([], description=INCLUDE)
    fit: bool = Field(False, description="a table of sizes instead, and what fits a prompt")
    model: str = Field("smollm2", description="fit: whose tokens are counted")
    profile: str = Field("cpu", description="fit: whose rows the list is to fit")
    tools_in_prompt: ToolsInPrompt | None = Field(None, description=IN_PROMPT)

    def cli_cmd(self) -> None:
        """Inspect without a Prefect server: nothing of it is worth keeping."""
        from tasks.inspect_server import inspect_server

        _be_strict(self.strict)
        recipe = load_recipe(
            self.server,
            self.model,
            self.profile,
            include_tools=self.include_tools,
            tools_in_prompt=self.tools_in_prompt,
        )
        toolset = inspect_server.fn(recipe.server)
        if self.fit:
            from tasks.measure_tools import measure_tools

            say(measure_tools.fn(toolset, recipe.model, recipe.profile))
            return
        text = toolset.model_dump_json(indent=2) + "\n"
        for note in toolset.notes:
            sys.stderr.write(f"note: {note}\n")
        if not self.output:
            sys.stdout.write(text)
            return
        Path(self.output).write_text(text, encoding="utf-8")
        say(f"{len(toolset.tools)} tools of {toolset.server}, fingerprint {toolset.fingerprint}")


class Preview(_ForServer):
    """Print some rows as they would be written, by scenario, with their calls; no run."""

    rows: int = Field(20, ge=1, description="how many")

    def cli_cmd(self) -> None:
        """Write them without a Prefect server: nothing of it is worth keeping."""
        from tasks.inspect_server import inspect_server
        from tasks.preview_rows import preview_rows

        recipe = self.recipe()
        few = {"samples": self.rows, "heldout_calls": 1, "heldout_no_tool": 1}
        data = recipe.profile.data.model_copy(update=few)
        say(preview_rows.fn(inspect_server.fn(recipe.server), recipe.server, data))


class Generate(_ForServer):
    """Write training rows from a server or a tool list."""

    output: str = Field("train.jsonl", description="the file for the training rows")
    own_data: str = Field("", description="own conversations as JSONL; [own] of the profile else")
    own_share: float = Field(0.3, gt=0, le=1, description="their share of the training rows")
    own_licence: str = Field("", description="their licence, for the dataset's card")

    def cli_cmd(self) -> None:
        """Write the rows and say how many."""
        recipe = self.recipe()
        if self.own_data:
            own = OwnData(file=self.own_data, share=self.own_share, licence=self.own_licence)
            profile = recipe.profile.model_copy(update={"own": own})
            recipe = recipe.model_copy(update={"profile": profile})
        draft = in_prefect("flows.stages:generate", recipe=recipe, output=self.output)
        say(f"{draft.train_rows} rows in {self.output}, {draft.heldout_rows} held out")
        for note in draft.notes:
            say(f"note: {note}")


class _OnRows(BaseModel):
    """What every command takes that reads rows."""

    data: str = Field(description=DATA)
    heldout: str = Field("", description="held-out rows; every tenth of --data by default")
    tools: str = Field("", description="the tool list of rows that have no 'tools'")
    model: str = Field("smollm2", description=MODEL)
    profile: str = Field("balanced", description=PROFILE)

    def parameters(self) -> dict[str, Any]:
        """What the flows take."""
        return self.model_dump(include={"data", "heldout", "tools"}) | {
            "model": load_model(self.model),
            "profile": load_profile(self.profile),
        }


class Check(_OnRows):
    """Hold rows against the quality gate."""

    report: str = Field("", description="report files without ending; beside --data by default")

    def cli_cmd(self) -> None:
        """Judge, and say where the report is."""
        report = self.report or f"{Path(self.data).with_suffix('')}.quality"
        approved = in_prefect("flows.stages:check", **self.parameters(), report=report)
        say(f"{approved.report.rows} rows let through; report {report}.md")


class Train(_OnRows):
    """Fine-tune an adapter on rows that pass the gate."""

    output: str = Field("adapter", description="the adapter's folder")

    def cli_cmd(self) -> None:
        """Look whether it can be done, then train."""
        parameters = self.parameters()
        _check(parameters["model"], "q8_0", parameters["profile"], ("prepare", "train"))
        made = in_prefect("flows.stages:train_alone", **parameters, output=self.output)
        losses = f"{made.record.first_loss:.3f} → {made.record.final_loss:.3f}"
        say(f"adapter {self.output}, loss {losses}, {made.record.seconds:.0f} s")


class Export(BaseModel):
    """Write an adapter and its base as one GGUF file."""

    adapter: str = Field(description="the folder that train wrote")
    model: str = Field("smollm2", description=MODEL)
    quantization: Quantization = Field("q8_0", description=QUANTIZATION)
    output: str = Field("model.gguf", description="the file")

    def cli_cmd(self) -> None:
        """Export, and say what was compared."""
        model = load_model(self.model)
        _check(model, self.quantization, None, ("prepare", "evaluate"))
        parameters = self.model_dump(include={"quantization", "adapter", "output"})
        made = in_prefect("flows.stages:export", model=model, **parameters)
        say("\n".join([self.output, *made.notes]))


class Validate(_ForServer):
    """Take a GGUF file through real tool loops."""

    gguf: str = Field(description="the file that export wrote")
    data: str = Field(description="the rows that generate wrote; their held-out ones are asked")
    output: str = Field("validation.json", description="the report")

    def cli_cmd(self) -> None:
        """Validate, and say how many loops were completed."""
        files = self.model_dump(include={"gguf", "data", "output"})
        report = in_prefect("flows.stages:validate", recipe=self.recipe(), **files)
        say(f"loops completed: {report.completion.hits} of {report.completion.total}")


class Benchmark(_ForServer):
    """Score a validated GGUF file beside its base."""

    gguf: str = Field(description="the file that export wrote")
    data: str = Field(description="the rows that generate wrote")
    validation: str = Field(description="the report that validate wrote")
    output: str = Field("benchmark.json", description="the scorecard")

    def cli_cmd(self) -> None:
        """Benchmark, and say the two numbers that matter most."""
        files = self.model_dump(include={"gguf", "data", "validation", "output"})
        report = in_prefect("flows.stages:benchmark", recipe=self.recipe(), **files)
        say(
            f"exact match {report.tuned.exact_match.value:.1%}, "
            f"base {report.base.exact_match.value:.1%}; "
            f"abstention {report.tuned.abstention.value:.1%}, "
            f"base {report.base.abstention.value:.1%}"
        )


class Pack(_ForServer):
    """Pack a GGUF file and its reports into a bundle."""

    gguf: str = Field(description="the file that export wrote")
    validation: str = Field(description="the report that validate wrote")
    benchmark: str = Field(description="the scorecard that benchmark wrote")
    output: str = Field("", description="the bundle's folder; dist/<server>-<model> by default")

    def cli_cmd(self) -> None:
        """Pack, and say where."""
        files = self.model_dump(include={"gguf", "validation", "benchmark", "output"})
        say(f"bundle {in_prefect('flows.stages:pack', recipe=self.recipe(), **files).path}")


class VerifyBundle(BaseModel):
    """Check a bundle: its files, the server's tools, one real tool call."""

    folder: CliPositionalArg[str] = Field(description="the bundle")
    server: str = Field("", description="a server of your own, instead of the bundle's")
    trust: bool = Field(False, description="start its server though it is not registered")

    def cli_cmd(self) -> None:
        """Verify without a Prefect server: nothing of it is worth keeping."""
        from tasks.verify_bundle import verify_bundle

        say(verify_bundle.fn(self.folder, self.server, self.trust).text)


class Doctor(BaseModel):
    """Say what this machine can forge, what is missing, and how to get it."""

    model: str = Field("", description="only this model")
    profile: str = Field("balanced", description=PROFILE)
    quantization: Quantization = Field("q8_0", description=QUANTIZATION)

    def cli_cmd(self) -> None:
        """Examine; exit status 1 when nothing that was asked for can be forged."""
        from tasks.check_machine import examine

        chosen = [self.model] if self.model else models()
        text, able = examine(chosen, self.quantization, self.profile)
        say(text)
        if not able:
            raise ForgeError("no model that was asked for can be forged on this machine")


def in_prefect(entry: str, **parameters: Any) -> Any:
    """Run a flow against the configured Prefect API, or against a server of this command's own."""
    from prefect.logging.handlers import APILogWorker
    from prefect.settings import PREFECT_API_URL, temporary_settings
    from prefect.utilities.importtools import import_object

    from tasks.reporting import events

    flow: Callable[..., Any] = import_object(entry)
    _quieten_logs()  # after the import, which is when Prefect sets its handlers up
    with prefect_api() as url, temporary_settings({PREFECT_API_URL: url}):
        try:
            return flow(**parameters)
        finally:
            # A server of our own ends before Prefect would send the last ones.
            events.flush()
            APILogWorker.drain_all(timeout=_LOG_SECONDS)


def _be_strict(strict: bool) -> None:
    """Refuse what would be left out; the flows of this command read it from the environment."""
    if strict:
        os.environ["MCP_FORGE_STRICT_TOOLS"] = "true"


def say(text: str) -> None:
    """A line for the person at the shell."""
    sys.stdout.write(f"{printable(text)}\n")


def _check(
    model: Model,
    quantization: Quantization,
    profile: Profile | None,
    stages: tuple[Stage, ...],
) -> None:
    from tasks.check_machine import check_machine

    request = Request(model=model, quantization=quantization, profile=profile, stages=stages)
    check_machine.fn(request)


def _quieten_logs() -> None:
    """Keep from the terminal what is not news: hooks, and tracebacks of our own errors.

    The API is told all of it. What is shown has no control characters: it may quote a server.
    """

    def is_worth_showing(record: logging.LogRecord) -> bool:
        is_refusal = record.exc_info and isinstance(record.exc_info[1], ForgeError)
        return not (is_refusal or "'stage_completed'" in record.getMessage())

    # Prefect's console handler is the root logger's; those of its own loggers speak to the API.
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_worth_showing)
        handler.setFormatter(_Printable(handler.formatter or logging.Formatter()))


class _Printable(logging.Formatter):
    """Another formatter's text, fit for a terminal."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return printable(self._inner.format(record))
