"""Toolset → FittedTools: how tools stand in prompts, so that a conversation fits behind them."""

from prefect import task
from prefect.logging import get_run_logger

from profiles import Model, Profile
from profiles.settings import Settings
from tasks.caching import ByContent
from tasks.domain.products import BaseModelFolder, Toolset
from tasks.domain.prompting.fitting import FittedTools, fit
from tasks.domain.prompting.room import longest_row
from tasks.external.base_model import read_architecture, read_longest
from tasks.external.machine import look_at_device
from tasks.external.storage import Storage
from tasks.external.tokenizer import ChatTokenizer
from tasks.reporting import events


@task(cache_policy=ByContent(), persist_result=True, on_completion=[events.stage_completed])
def fit_toolset(
    toolset: Toolset, base: BaseModelFolder, model: Model, profile: Profile
) -> FittedTools:
    """Count the tokens of the list; trim it, or choose from it for each request, where it is long.

    Raises:
        ToolsetTooLarge: what the profile asks for leaves less than a conversation needs.
    """
    folder = Storage().fetch(base.files)
    is_here = Settings().placement == "in-process"
    device = look_at_device() if is_here and profile.training.grows else None
    most = longest_row(read_architecture(folder), read_longest(folder), model, profile, device)
    fitted = fit(toolset, profile, ChatTokenizer(folder).count, most)
    for note in fitted.toolset.notes[len(toolset.notes) :]:
        get_run_logger().warning(note)
    return fitted
