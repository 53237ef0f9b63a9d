"""What each command of ``mcp-forge`` takes, and which flow it starts."""

import os
import shlex
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field
from pydantic_settings import CliDualFlag

from flows.in_prefect import in_prefect
from flows.inputs import check_files, chosen_server
from flows.listing import tools_text
from flows.run_file import from_file
from flows.terminal import note, say
from profiles import (
    Model,
    OwnData,
    Profile,
    Quantization,
    Recipe,
    ToolsInPrompt,
    find_server,
    load_model,
    load_model_deployment,
    load_profile,
    load_recipe,
    models,
    profile_text,
)
from profiles.form import Samples, Seed
from profiles.settings import Settings
from tasks.domain.errors import ForgeError
from tasks.domain.training.requirements import ALL_STAGES, Request, Stage

SERVER = "a registered server, a command, a URL, or a file with a tool list"
MODEL = "the base model, one of profiles/models"
PROFILE = "the training profile, one of profiles/training; the model's own by default"
SET = "one setting of the profile: training.learning_rate=1e-4; may be given more than once"
TOOLS = "a file with a tool list, instead of a server"
SAMPLES = "rows to train on; the profile's by default"
QUANTIZATION = "how the GGUF file's weights are stored"
FIT = "a table of sizes instead, for this model and profile, and what fits a prompt"
STRICT = "refuse a list with a tool or parameter that cannot be used, instead of leaving it out"
INCLUDE = "only these tools, by name or by a pattern such as 'issue_*', with commas between"
IN_PROMPT = "which tools a prompt lists; the profile's choice by default"
DATA = "rows as JSONL: what generate wrote, or your own"


class _WithServer(BaseModel):
    """What every command takes that asks a server or reads its tool list."""

    server: str = Field("", description=SERVER)
    tools: str = Field("", description=TOOLS)


class _Tuned(BaseModel):
    """What every command takes that trains, or judges what was trained."""

    model: str = Field("smollm2", description=MODEL)
    profile: str = Field("", description=PROFILE)
    set_: list[str] = Field([], alias="set", description=SET)

    @property
    def chosen_profile(self) -> str:
        """The profile's name, with what is set apart from its file."""
        return profile_text(self.profile or load_model_deployment(self.model).profile, self.set_)


class _Seeded(BaseModel):
    seed: Seed | None = Field(None, description="of data and training; the profile's by default")


class _Quantized(BaseModel):
    quantization: Quantization = Field("q8_0", description=QUANTIZATION)


class _RowOptions(BaseModel):
    """What every command takes that writes all rows."""

    samples: Samples | None = Field(None, description=SAMPLES)
    tools_in_prompt: ToolsInPrompt | None = Field(None, description=IN_PROMPT)


class _ForServer(_Tuned, _WithServer):
    """What every command takes that makes something for a server."""

    include_tools: list[str] = Field([], description=INCLUDE)
    strict: CliDualFlag[bool] = Field(False, description=STRICT)

    def recipe(self) -> Recipe:
        """The run that is asked for; ForgeError or ProfileError when it cannot be."""
        _be_strict(self.strict)
        server = chosen_server(self.server, self.tools)
        return load_recipe(
            server, self.model, self.chosen_profile, **self.model_dump(include=_OF_A_RECIPE)
        )

    def made_of(self, stage: str, *files: str) -> Any:
        """What a stage makes of files that others wrote; ForgeError when one is not there."""
        check_files(**self.model_dump(include={*files}))
        parameters = self.model_dump(include={*files, "output"})
        return in_prefect(f"flows.stages:{stage}", recipe=self.recipe(), **parameters)


_OF_A_RECIPE = {"quantization", "samples", "seed", "include_tools", "tools_in_prompt"}
"""What a command may say of a run beside its server, model and profile."""


class Run(_Seeded, _RowOptions, _Quantized, _ForServer):
    """Forge a model from a server: list, write, gate, train, export, prove, pack."""

    output: str = Field("", description="the bundle's folder; dist/<server>-<model> by default")
    config: str = Field("", description="a TOML file with these settings; flags win over it")

    def cli_cmd(self) -> None:
        """Look whether it can be done, then do it."""
        check_files(config=self.config)
        run = from_file(self, self.config) if self.config else self
        run.forge()

    def forge(self) -> None:
        """Forge, and say how good it is and what can be done with it."""
        recipe = self.recipe()
        if Settings().placement == "in-process":
            _check(recipe.model, recipe.quantization, recipe.profile, ALL_STAGES)
        parameters = self.model_dump(exclude={"tools", "strict", "config", "set_"})
        parameters |= {"server": self.server or self.tools, "profile": self.chosen_profile}
        from tasks.read_scores import scores_of_our_own

        bundle = in_prefect("flows.forge:forge", **parameters)
        is_known = recipe.server.tools_file or find_server(self.server)
        own = "" if is_known else f" --server {shlex.quote(self.server)}"
        place = shlex.quote(bundle.path)
        word = "the champion" if bundle.promoted else "not promoted"
        say(f"{scores_of_our_own(bundle.path).text}\nbundle {bundle.path}")
        say(f"version {bundle.version}, {word}: {bundle.reason}")
        say(f"talk to it:  mcp-forge chat {place}{own}")
        say(f"check it:    mcp-forge verify-bundle {place}{own}")


class Inspect(_Tuned, _WithServer):
    """List a server's tools, with their fingerprint."""

    output: str = Field("", description="a file for the list, as JSON")
    json_: bool = Field(False, alias="json", description="the whole list as JSON")
    strict: CliDualFlag[bool] = Field(False, description=STRICT)
    include_tools: list[str] = Field([], description=INCLUDE)
    fit: bool = Field(False, description=FIT)
    tools_in_prompt: ToolsInPrompt | None = Field(None, description=IN_PROMPT)

    def cli_cmd(self) -> None:
        """Inspect without a Prefect server: nothing of it is worth keeping."""
        _be_strict(self.strict)
        recipe = load_recipe(
            chosen_server(self.server, self.tools),
            self.model,
            self.chosen_profile,
            include_tools=self.include_tools,
            tools_in_prompt=self.tools_in_prompt,
        )
        if self.fit:
            from tasks.measure_tools import measure_tools

            say(measure_tools(recipe.server, recipe.model, recipe.profile))
            return
        from tasks.inspect_server import inspect_server

        toolset = inspect_server.fn(recipe.server)
        as_json = toolset.model_dump_json(indent=2) + "\n"
        for text in toolset.notes:
            note(f"note: {text}")
        if self.output:
            Path(self.output).write_text(as_json, encoding="utf-8")
        if self.json_:
            sys.stdout.write(as_json)
            return
        if not self.output:
            say(tools_text(toolset))
        number = len(toolset.tools)
        tools = f"{number} tool{'s' * (number != 1)} of {toolset.server}"
        say(f"{tools}, fingerprint {toolset.fingerprint}")


class Preview(_Seeded, _ForServer):
    """Print some rows as they would be written, by scenario, with their calls; no run."""

    rows: int = Field(20, ge=1, description="how many")

    def cli_cmd(self) -> None:
        """Write them without a Prefect server: nothing of it is worth keeping."""
        from tasks.inspect_server import inspect_server
        from tasks.preview_rows import preview_rows

        recipe = self.recipe()
        few = {"samples": self.rows, "heldout_calls": 1, "heldout_no_tool": 1}
        data = recipe.profile.data.model_copy(update=few)
        say(preview_rows(inspect_server.fn(recipe.server), recipe.server, data))


class Generate(_Seeded, _RowOptions, _ForServer):
    """Write training rows from a server or a tool list."""

    output: str = Field("train.jsonl", description="the file for the training rows")
    own_data: str = Field("", description="own conversations as JSONL; [own] of the profile else")
    own_share: float = Field(0.3, gt=0, le=1, description="their share of the training rows")
    own_licence: str = Field("", description="their licence, for the dataset's card")

    def cli_cmd(self) -> None:
        """Write the rows and say how many."""
        check_files(own_data=self.own_data)
        recipe = self.recipe()
        if self.own_data:
            own = OwnData(file=self.own_data, share=self.own_share, licence=self.own_licence)
            profile = recipe.profile.model_copy(update={"own": own})
            recipe = recipe.model_copy(update={"profile": profile})
        draft = in_prefect("flows.stages:generate", recipe=recipe, output=self.output)
        say(f"{draft.train_rows} rows in {self.output}, {draft.heldout_rows} held out")
        for text in draft.notes:
            say(f"note: {text}")


class _OnRows(_Tuned):
    """What every command takes that reads rows."""

    data: str = Field(description=DATA)
    heldout: str = Field("", description="held-out rows; every tenth of --data by default")
    tools: str = Field("", description="the tool list of rows that have no 'tools'")

    def parameters(self) -> dict[str, Any]:
        """What the flows take; ForgeError when a file is not there."""
        files = self.model_dump(include={"data", "heldout", "tools"})
        check_files(**files)
        return files | {
            "model": load_model(self.model),
            "profile": load_profile(self.chosen_profile),
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
        adapter = in_prefect("flows.stages:train_alone", **parameters, output=self.output)
        losses = f"{adapter.record.first_loss:.3f} → {adapter.record.final_loss:.3f}"
        say(f"adapter {self.output}, loss {losses}, {adapter.record.seconds:.0f} s")


class Export(BaseModel):
    """Write an adapter and its base as one GGUF file."""

    adapter: str = Field(description="the folder that train wrote")
    model: str = Field("smollm2", description=MODEL)
    quantization: Quantization = Field("q8_0", description=QUANTIZATION)
    output: str = Field("model.gguf", description="the file")

    def cli_cmd(self) -> None:
        """Export, and say what was compared."""
        check_files(adapter=self.adapter)
        model = load_model(self.model)
        _check(model, self.quantization, None, ("prepare", "evaluate"))
        parameters = self.model_dump(include={"quantization", "adapter", "output"})
        gguf = in_prefect("flows.stages:export", model=model, **parameters)
        say("\n".join([self.output, *gguf.notes]))


class Validate(_Seeded, _ForServer):
    """Take a GGUF file through real tool loops."""

    gguf: str = Field(description="the file that export wrote")
    data: str = Field(description="the rows that generate wrote; their held-out ones are asked")
    output: str = Field("validation.json", description="the report")

    def cli_cmd(self) -> None:
        """Validate, and say how many loops were completed."""
        report = self.made_of("validate", "gguf", "data")
        say(f"loops completed: {report.completion.hits} of {report.completion.total}")


class Benchmark(_Seeded, _Quantized, _ForServer):
    """Score a validated GGUF file beside its base."""

    gguf: str = Field(description="the file that export wrote")
    data: str = Field(description="the rows that generate wrote")
    validation: str = Field(description="the report that validate wrote")
    output: str = Field("benchmark.json", description="the scorecard")

    def cli_cmd(self) -> None:
        """Benchmark, and say the two numbers that matter most."""
        report = self.made_of("benchmark", "gguf", "data", "validation")
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
        say(f"bundle {self.made_of('pack', 'gguf', 'validation', 'benchmark').path}")


class Doctor(BaseModel):
    """Say what this machine can forge, what is missing, and how to get it."""

    model: str = Field("", description="only this model")
    profile: str = Field("", description=PROFILE)
    quantization: Quantization = Field("q8_0", description=QUANTIZATION)
    json_: bool = Field(False, alias="json", description="what was found as JSON")

    def cli_cmd(self) -> None:
        """Examine; exit status 1 when nothing that was asked for can be forged."""
        from tasks.check_machine import examine

        names = [self.model] if self.model else models()
        examination = examine(names, self.quantization, self.profile)
        say(examination.model_dump_json(indent=2) if self.json_ else examination.text)
        if not examination.can_forge:
            raise ForgeError("no model that was asked for can be forged on this machine")


def _be_strict(strict: bool) -> None:
    """Refuse what would be left out; the flows of this command read it from the environment."""
    if strict:
        os.environ["MCP_FORGE_STRICT_TOOLS"] = "true"


def _check(
    model: Model,
    quantization: Quantization,
    profile: Profile | None,
    stages: tuple[Stage, ...],
) -> None:
    from tasks.check_machine import check_machine

    request = Request(model=model, quantization=quantization, profile=profile, stages=stages)
    check_machine.fn(request)
