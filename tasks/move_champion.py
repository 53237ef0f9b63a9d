"""What a person decides: Version → champion, or back to the one before."""

from datetime import UTC, datetime
from typing import Literal

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.domain.bundle.versions import (
    Decision,
    Version,
    as_bundle,
    before_champion,
    find_version,
)
from tasks.domain.errors import NoSuchVersion
from tasks.domain.products import Bundle
from tasks.external.bundle_writer import lock_of, place_for, put_bundle
from tasks.external.versions import Versions, versions_of
from tasks.reporting import artifacts, events


@task(cache_policy=NO_CACHE)
def move_champion(name: str, version: str, reason: str) -> Bundle:
    """Make a version the champion, whatever was measured; its id may be cut short.

    Raises:
        NoSuchVersion: there is no such version, or it is the champion already.
    """
    versions = versions_of(name)
    target, champion = find_version(versions.all(), version, name), versions.champion()
    if champion is not None and champion.id == target.id:
        raise NoSuchVersion(f"{name}: {target.id} is the champion already, needed another version")
    return _put(versions, target, "promoted", reason)


@task(cache_policy=NO_CACHE)
def roll_back(name: str, reason: str) -> Bundle:
    """Make the version champion that was it before this one.

    Raises:
        NoSuchVersion: there was none, or it was removed.
    """
    versions = versions_of(name)
    before = before_champion(versions.champions(), name)
    return _put(versions, find_version(versions.all(), before, name), "rolled back", reason)


def _put(
    versions: Versions, version: Version, kind: Literal["promoted", "rolled back"], reason: str
) -> Bundle:
    """Copy the bundle first: if it is gone or altered, nothing is decided."""
    path, files = place_for(version.server, version.model, ""), versions.files(version)
    with lock_of(version.name):
        put_bundle(files, path)
        at = datetime.now(UTC)
        versions.decide(Decision(kind=kind, version=version.id, at=at, reason=reason))
    bundle = as_bundle(version, str(path), reason, promoted=True)
    artifacts.bundle(bundle)
    events.bundle_published(bundle)
    return bundle
