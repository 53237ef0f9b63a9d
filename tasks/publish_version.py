"""Stage 9: what was evaluated → Version: packed into the storage, beside those before it."""

from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import Recipe, load_phrasebooks
from tasks.domain.bundle.files import bundle_name
from tasks.domain.bundle.versions import Lineage, Version
from tasks.domain.conversations import fingerprint
from tasks.domain.errors import UnusableData
from tasks.domain.evaluation.evaluation_set import check_same_file
from tasks.domain.products import Evaluation, StoredFile, Toolset, Trained
from tasks.external.bundle_writer import write_bundle
from tasks.external.code_version import code_version
from tasks.external.storage import Storage, link
from tasks.external.versions import Versions
from tasks.reporting import events


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def publish_version(evaluation: Evaluation, toolset: Toolset, recipe: Recipe) -> Version:
    """Pack the bundle as a version of its own; the same file for the same tools is the one before.

    Raises:
        UnusableData: nothing says what the model was trained on.
        ValidationFailed: a report is of another file than the one to pack.
    """
    check_same_file(evaluation.gguf, evaluation.validation, evaluation.benchmark)
    if evaluation.trained is None:
        raise UnusableData("a version needs the adapter and rows that it was made from")
    name = bundle_name(toolset.server, recipe.model.name)
    versions, storage = Versions(name), Storage()
    for published_version in versions.all():
        same_tools = published_version.lineage.toolset_fingerprint == toolset.fingerprint
        if published_version.gguf == evaluation.gguf.files.sha256 and same_tools:
            return published_version
    record = _record(name, evaluation, evaluation.trained, toolset, recipe)
    with storage.writing("drafts", record.id) as draft:
        base = evaluation.trained.adapter.base
        write_bundle(draft, evaluation, base, toolset, recipe, place=link)
        return versions.publish(draft, toolset, record)


def _record(
    name: str, evaluation: Evaluation, trained: Trained, toolset: Toolset, recipe: Recipe
) -> Version:
    now, gguf = datetime.now(UTC), evaluation.gguf.files.sha256
    score = evaluation.validation.score
    return Version(
        id=f"{now:%Y%m%dT%H%M%S}-{gguf[:8]}",
        name=name,
        server=toolset.server,
        model=recipe.model.name,
        made_at=now,
        files=StoredFile(uri="", sha256="", size_bytes=0),  # known when they are published
        gguf=gguf,
        exact_match=score.exact_match.value,
        abstention=score.abstention.value,
        loops=evaluation.validation.completion.value,
        general_loss=trained.adapter.record.general_loss,
        adapter=trained.adapter.files,
        dataset_card=trained.dataset.card,
        lineage=_lineage(trained, toolset, recipe),
    )


def _lineage(trained: Trained, toolset: Toolset, recipe: Recipe) -> Lineage:
    dataset, adapter = trained.dataset, trained.adapter
    book = load_phrasebooks(recipe.server).own
    return Lineage(
        toolset_fingerprint=toolset.fingerprint,
        include_tools=recipe.server.include_tools,
        server_version=toolset.version,
        train=dataset.train.sha256,
        heldout=dataset.heldout.sha256,
        phrasebook=book.sha256 if book else "",
        base=adapter.base.origin,
        base_sha256=adapter.base.files.sha256,
        base_licence=adapter.base.licence,
        adapter=adapter.files.sha256,
        profile=recipe.profile.name,
        profile_fingerprint=fingerprint(recipe.profile.model_dump(mode="json")),
        samples=dataset.train_rows,
        seed=recipe.profile.training.seed,
        quantization=recipe.quantization,
        code=code_version(),
    )
