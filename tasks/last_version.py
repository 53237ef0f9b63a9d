"""For a watch: the version that a forge came to last, whose tools are compared with today's."""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from profiles import Recipe
from tasks.domain.bundle.files import bundle_name
from tasks.domain.bundle.versions import Version
from tasks.external.versions import Versions


@task(cache_policy=NO_CACHE)
def last_version(recipe: Recipe) -> Version | None:
    """The version forged last, promoted or not; None where the first is still to be forged.

    Raises:
        UnusableData: a version's record cannot be read.
    """
    name = bundle_name(recipe.server.name, recipe.model.name)
    version = Versions(name).last()
    if version is None:
        get_run_logger().info("No version of %s is forged yet: a person forges the first", name)
    return version
