"""What a stage that is started alone starts from: the stages before it, or their cached results."""

from profiles import Recipe
from tasks.check_quality import check_quality
from tasks.describe_dataset import describe_dataset
from tasks.domain.products import Prepared, Trained
from tasks.estimate_memory import estimate_memory
from tasks.fit_toolset import fit_toolset
from tasks.inspect_server import inspect_server
from tasks.mix_dataset import mix_dataset
from tasks.prepare_base import prepare_base
from tasks.show_tools import show_tools
from tasks.synthesize_dataset import synthesize_dataset
from tasks.train_adapter import train_adapter
from tasks.write_phrasebook import write_phrasebook


def prepare(recipe: Recipe) -> Prepared:
    """The base and the approved rows."""
    base = prepare_base(recipe.model)
    toolset = inspect_server(recipe.server)
    fitted = fit_toolset(toolset, base, recipe.model, recipe.profile)
    book = write_phrasebook(fitted.toolset, recipe.server, fitted.profile.teacher)
    written = synthesize_dataset(fitted.toolset, recipe.server, fitted.profile.data, book)
    mixed = mix_dataset(written, fitted.toolset, fitted.profile.own, recipe.model.thinks)
    shown = show_tools(mixed, fitted)
    draft = describe_dataset(shown, recipe.server, fitted.profile.teacher, fitted.profile.own)
    dataset = check_quality(draft, base, fitted.profile, recipe.server.name)
    return Prepared(base=base, dataset=dataset)


def prepare_and_train(recipe: Recipe) -> Trained:
    """The adapter and its held-out rows."""
    start = prepare(recipe)
    plan = estimate_memory(start.dataset, start.base, recipe.model, recipe.profile)
    adapter = train_adapter(start.dataset, start.base, recipe.model, recipe.profile, plan)
    return Trained(adapter=adapter, dataset=start.dataset.dataset)
