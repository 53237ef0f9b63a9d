"""From a server to an adapter; a stage that is started alone starts from here, or from a cache."""

from typing import NamedTuple

from profiles import Model, Profile, Recipe
from tasks.check_quality import check_quality
from tasks.describe_dataset import describe_dataset
from tasks.domain.products import (
    BaseModelFolder,
    Dataset,
    LoraAdapter,
    Prepared,
    Toolset,
    Trained,
)
from tasks.estimate_memory import estimate_memory
from tasks.fit_toolset import fit_toolset
from tasks.inspect_server import inspect_server
from tasks.mix_dataset import mix_dataset
from tasks.prepare_base import prepare_base
from tasks.show_tools import show_tools
from tasks.synthesize_dataset import synthesize_dataset
from tasks.train_adapter import train_adapter
from tasks.write_phrasebook import write_phrasebook


class Draft(NamedTuple):
    """Rows before the gate, and what they were written for."""

    base: BaseModelFolder
    toolset: Toolset
    profile: Profile
    """With the length that the tools need."""
    dataset: Dataset


def draft_rows(recipe: Recipe) -> Draft:
    """The stages from the base to the rows."""
    base = prepare_base(recipe.model)
    toolset = inspect_server(recipe.server)
    fitted = fit_toolset(toolset, base, recipe.model, recipe.profile)
    book = write_phrasebook(fitted.toolset, recipe.server, fitted.profile.teacher)
    rows = synthesize_dataset(fitted.toolset, recipe.server, fitted.profile.data, book)
    mixture = mix_dataset(rows, fitted.toolset, fitted.profile.own, recipe.model.thinks)
    draft = show_tools(mixture, fitted)
    dataset = describe_dataset(draft, recipe.server, fitted.profile.teacher, fitted.profile.own)
    return Draft(base, toolset, fitted.profile, dataset)


def prepare(recipe: Recipe) -> Prepared:
    """The base and the approved rows."""
    draft = draft_rows(recipe)
    dataset = check_quality(draft.dataset, draft.base, draft.profile, recipe.server.name)
    return Prepared(base=draft.base, dataset=dataset)


def train_here(start: Prepared, model: Model, profile: Profile) -> LoraAdapter:
    """The training, once it is known to fit this machine."""
    plan = estimate_memory(start.dataset, start.base, model, profile)
    return train_adapter(start.dataset, start.base, model, profile, plan)


def prepare_and_train(recipe: Recipe) -> Trained:
    """The adapter and its held-out rows."""
    start = prepare(recipe)
    adapter = train_here(start, recipe.model, recipe.profile)
    return Trained(adapter=adapter, dataset=start.dataset.dataset)
