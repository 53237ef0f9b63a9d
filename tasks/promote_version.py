"""Stage 12: Version and Verdict → Bundle: the champion is what lies in dist; old versions go."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from profiles import Promotion
from tasks.domain.bundle.versions import Decision, Version, as_bundle, removable
from tasks.domain.evaluation.challenge import Verdict
from tasks.domain.products import Bundle
from tasks.external.bundle_writer import lock_of, place_for, put_bundle
from tasks.external.versions import Versions
from tasks.reporting import artifacts, events

_UNFINISHED_DAYS = 1
"""After which a version that was never written to its end is nobody's any more."""


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def promote_version(
    version: Version, verdict: Verdict, promotion: Promotion, output: str
) -> Bundle:
    """Put the bundle in its place, and write down what was decided.

    In this order: a run that is killed in between decides again when it is retried.

    The champion goes to ``dist``; into a folder that a person named, what was forged goes, whether
    it is the champion or not.

    Raises:
        BundleInvalid: as ``place_for``.
        UnusableData: the version is gone or was altered.
    """
    versions = Versions(version.name)
    files = versions.files(version)  # gone or altered, nothing is decided
    with lock_of(version.name):
        settled = _settled(versions, version, verdict)
        path = str(files)  # in a remote storage nobody here could open it
        if settled.promoted or output:
            path = str(place_for(version.server, version.model, output))
            put_bundle(files, Path(path))
        if settled.is_new:
            _write_down(versions, version, settled)
    bundle = as_bundle(version, path, settled.reason, promoted=settled.promoted)
    artifacts.bundle(bundle)
    if settled.is_new and settled.promoted:
        events.bundle_published(bundle)
    elif settled.is_new:
        get_run_logger().warning("Version %s is not promoted: %s", version.id, settled.reason)
        events.bundle_rejected(bundle, settled)
    _clean(versions, promotion)
    return bundle


def _settled(versions: Versions, version: Version, verdict: Verdict) -> Verdict:
    """The verdict, unless another run has made this or another one the champion meanwhile."""
    champion = versions.champion()
    if champion and champion.id == version.id:
        return verdict.model_copy(update={"promoted": True, "is_new": False})
    if verdict.promoted and (champion and champion.id) != verdict.champion:
        reason = f"the champion has changed meanwhile, to {champion and champion.id}; forge again"
        verdict = verdict.model_copy(update={"promoted": False, "reason": reason})
    return verdict


def _write_down(versions: Versions, version: Version, settled: Verdict) -> None:
    kind = "promoted" if settled.promoted else "rejected"
    decided = {"kind": kind, "version": version.id, "reason": settled.reason}
    versions.decide(Decision.model_validate(decided | {"at": datetime.now(UTC)}))


def _clean(versions: Versions, promotion: Promotion) -> None:
    now = datetime.now(UTC)
    old = removable(
        versions.all(),
        versions.decisions(),
        promotion.versions_kept,
        promotion.days_kept,
        now,
    )
    versions.remove(old)
    versions.remove_unfinished(now - timedelta(days=_UNFINISHED_DAYS))
    for version in old:
        get_run_logger().info(
            "Version %s was removed: it is older than %g days", version.id, promotion.days_kept
        )
