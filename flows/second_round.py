"""A second round of a forge: more rows for the tools that the first model confuses."""

import json
from collections.abc import Callable

from prefect.logging import get_run_logger

from profiles import Recipe
from profiles.changes import profile_text
from tasks.domain.errors import OF_THE_SETTINGS
from tasks.domain.products import BenchmarkReport, Bundle


def second_round(
    first: Bundle, benchmark: BenchmarkReport, recipe: Recipe, forge: Callable[[str], Bundle]
) -> Bundle:
    """Forge again where the profile wants it and held-out prompts confused tools.

    The first round's model is a version like any other, and the champion if it was better: the
    second has to beat it. ``forge`` takes a profile's name with changes behind it.
    """
    weights = benchmark.tool_weights
    if not recipe.profile.evaluation.second_round or not weights:
        return first
    logger = get_run_logger()
    logger.info("Second round, with more rows for %s", ", ".join(sorted(weights)))
    table = ",".join(f"{json.dumps(tool)}={weight}" for tool, weight in weights.items())
    changes = ("evaluation.second_round=false", f"data.tool_weights={{{table}}}")
    try:
        second = forge(profile_text(recipe.profile.name, (*recipe.profile.changes, *changes)))
    except OF_THE_SETTINGS as error:
        logger.warning("The second round failed, the first one's model stays: %s", error)
        return first
    return second if second.promoted else first
