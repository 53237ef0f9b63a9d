"""Stage 9 by itself: GgufModel and the reports → Bundle: a folder that runs elsewhere."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import Recipe
from tasks.domain.evaluation.evaluation_set import check_same_file
from tasks.domain.products import BaseModelFolder, Bundle, Evaluation, Toolset
from tasks.domain.prompting.trimming import trimmed
from tasks.external.bundle_writer import drafted, place_for, write_bundle
from tasks.external.storage import digest
from tasks.reporting import artifacts, events


def check_place(server: str, model: str, output: str) -> None:
    """Say before a run whether its bundle may go there.

    Raises:
        BundleInvalid: as ``place_for``.
    """
    place_for(server, model, output)


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def package_bundle(
    evaluation: Evaluation, base: BaseModelFolder, toolset: Toolset, recipe: Recipe, output: str
) -> Bundle:
    """Write the bundle beside its place and move it there whole; it becomes no version.

    Raises:
        BundleInvalid: as ``place_for``.
        ValidationFailed: a report is of another file than the one to pack.
    """
    check_same_file(evaluation.gguf, evaluation.validation, evaluation.benchmark)
    target = place_for(toolset.server, recipe.model.name, output)
    with drafted(target) as draft:
        write_bundle(draft, evaluation, base, toolset, recipe)
    bundle = Bundle(
        path=str(target),
        sha256=digest(target)[0],
        server=toolset.server,
        model=recipe.model.name,
        profile=recipe.profile.name,
        toolset_fingerprint=trimmed(toolset, evaluation.validation.prompt.trims).fingerprint,
    )
    artifacts.bundle(bundle)
    return bundle
