"""What a run form offers: names from these folders as selects, bounds of numbers.

Prefect's API refuses what is outside before any work. In a shell a server may still be a command.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import Field, GetJsonSchemaHandler

import profiles
from profiles.section import LARGEST_SEED
from profiles.settings import Settings


@dataclass(frozen=True)
class _Select:
    """Names that are read when the form is made, that is when a flow is deployed."""

    names: Callable[[], Sequence[str]]

    def __get_pydantic_json_schema__(
        self, core_schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core_schema)
        names = list(self.names())
        return {**schema, "enum": names} if names else schema


def _servers() -> Sequence[str]:
    """The registered servers; none, that is any text, where the operator allows commands."""
    return [] if Settings().allow_ad_hoc_servers else profiles.servers()


ServerName = Annotated[str, _Select(_servers)]
ModelName = Annotated[str, _Select(profiles.models)]
ProfileName = Annotated[str, _Select(profiles.training_profiles)]
ProfileText = Annotated[str, Field(pattern=r"^[\w.-]+( \S+=\S+)*$")]
"""A profile's name with changes behind it, which the run that places a stage hands on."""
_Value = TypeVar("_Value")
AtLeastOne = Annotated[list[_Value], Field(min_length=1)]
Samples = Annotated[int, Field(ge=1, le=100_000)]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
