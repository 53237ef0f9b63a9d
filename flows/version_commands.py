"""What the commands of ``mcp-forge`` take that are about versions of a bundle."""

import json
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import CliDualFlag, CliPositionalArg

from flows.commands import QUANTIZATION, SAMPLES, SERVER
from flows.in_prefect import in_prefect
from flows.inputs import check_files, chosen_server
from flows.run_file import flat
from flows.terminal import say
from profiles import UNREADABLE, Quantization, explain, load_recipe, profile_text
from profiles.form import Samples, Seed
from tasks.domain.errors import ForgeError

BUNDLE = "a bundle's name, as in dist: <server>-<model>"
VERSION = "a version's id, or how it begins"


class Versions(BaseModel):
    """List the versions of a bundle, or of all, with what became of each."""

    name: CliPositionalArg[str] = Field("", description=BUNDLE)

    def cli_cmd(self) -> None:
        """List without a Prefect server: nothing of it is worth keeping."""
        from tasks.list_versions import list_versions

        say(list_versions(self.name))


class Diff(BaseModel):
    """Say what two versions of a bundle differ in: what made them, and how good they are."""

    name: CliPositionalArg[str] = Field(description=BUNDLE)
    one: CliPositionalArg[str] = Field(description=VERSION)
    other: CliPositionalArg[str] = Field(description=VERSION)

    def cli_cmd(self) -> None:
        """Compare without a Prefect server: nothing of it is worth keeping."""
        from tasks.list_versions import compare_versions

        say(compare_versions(self.name, self.one, self.other))


class Promote(BaseModel):
    """Make a version the champion, whatever was measured."""

    name: CliPositionalArg[str] = Field(description=BUNDLE)
    version: CliPositionalArg[str] = Field(description=VERSION)
    reason: str = Field("a person chose it", description="it stands among the decisions")

    def cli_cmd(self) -> None:
        """Promote, and say where the bundle lies."""
        bundle = in_prefect("flows.versions:promote", **self.model_dump())
        say(f"version {bundle.version} is the champion; bundle {bundle.path}")


class Rollback(BaseModel):
    """Go back to the champion before this one."""

    name: CliPositionalArg[str] = Field(description=BUNDLE)
    reason: str = Field("a person went back", description="it stands among the decisions")

    def cli_cmd(self) -> None:
        """Go back, and say where the bundle lies."""
        bundle = in_prefect("flows.versions:rollback", **self.model_dump())
        say(f"version {bundle.version} is the champion again; bundle {bundle.path}")


class Push(BaseModel):
    """Put a version on the Hugging Face hub; the token is HF_TOKEN's or a Secret block's."""

    name: CliPositionalArg[str] = Field(description=BUNDLE)
    repository: CliPositionalArg[str] = Field(description="<owner>/<name> on the hub")
    version: str = Field("", description=f"{VERSION}; the champion by default")
    private: CliDualFlag[bool] = Field(True, description="whether a new repository is private")
    token_secret: str = Field("", description="a Prefect Secret block with the hub's token")

    def cli_cmd(self) -> None:
        """Push, and say where it is."""
        say(f"pushed to {in_prefect('flows.versions:push', **self.model_dump())}")


class SweepPlan(BaseModel):
    """What a sweep's file says: TOML with three lists, and lists of values for single settings."""

    model_config = ConfigDict(extra="forbid")

    models: list[str] = Field(min_length=1)
    profiles: list[str] = Field(min_length=1)
    seeds: list[Seed] = Field(min_length=1)
    set: dict[str, Any] = {}

    @property
    def changed_profiles(self) -> list[str]:
        """Each profile with each combination of the values that single settings may have."""
        settings = [
            [
                f"{name}={json.dumps(value)}"
                for value in (values if isinstance(values, list) else [values])
            ]
            for name, values in flat(self.set)
        ]
        return [profile_text(name, one) for name in self.profiles for one in product(*settings)]


class Sweep(BaseModel):
    """Train models with profiles and seeds; the best by held-out rows challenges the champion."""

    plan: CliPositionalArg[str] = Field(description="a TOML file: models, profiles, seeds")
    server: str = Field(description=SERVER)
    quantization: Quantization = Field("q8_0", description=QUANTIZATION)
    samples: Samples | None = Field(None, description=SAMPLES)

    def cli_cmd(self) -> None:
        """Read the plan, sweep, and say what became of the best one."""
        check_files(self.plan)
        try:
            plan = SweepPlan.model_validate(tomllib.loads(Path(self.plan).read_text("utf-8")))
        except ValidationError as error:
            raise ForgeError(f"{self.plan}: {explain(error)}") from error
        except (OSError, *UNREADABLE) as error:
            raise ForgeError(f"{self.plan}: no plan of a sweep: {error}") from error
        chosen_server(self.server, "")
        for model, profile in product(plan.models, plan.changed_profiles):
            load_recipe(self.server, model, profile, self.quantization, self.samples)
        trials = {"models": plan.models, "profiles": plan.changed_profiles, "seeds": plan.seeds}
        parameters = self.model_dump(exclude={"plan"}) | trials
        bundle = in_prefect("flows.sweep:sweep", **parameters)
        word = "the champion" if bundle.promoted else "not promoted"
        say(f"version {bundle.version} of {bundle.model}, {word}: {bundle.reason}")
