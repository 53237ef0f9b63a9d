"""Version → a repository on the Hugging Face hub, with its adapter, cards and proofs."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.domain.bundle.model_card import model_card
from tasks.domain.bundle.versions import Version, find_version
from tasks.domain.errors import NoSuchVersion, PushFailed
from tasks.external.hub_upload import upload
from tasks.external.storage import Storage, files_below
from tasks.external.versions import versions_of
from tasks.secret_blocks import read_secret

_README = "README.md"


@task(cache_policy=NO_CACHE)
def push_version(name: str, repository: str, version: str, private: bool, token_secret: str) -> str:
    """Commit a version's files to a repository; the commit's address.

    Raises:
        NoSuchVersion: there is no such version, or no champion.
        PushFailed: the hub does not take it, or there is no such Secret block.
        UnusableData: the bundle or the adapter is gone or was altered.
    """
    versions = versions_of(name)
    target = find_version(versions.all(), version, name) if version else versions.champion()
    if target is None:
        raise NoSuchVersion(f"{name}: no champion, needed a version by --version")
    token = read_secret(token_secret, "the hub's token", PushFailed) if token_secret else ""
    files = _files(target, versions.files(target))
    return upload(repository, files, f"Version {target.id}", private=private, token=token)


def _files(version: Version, bundle: Path) -> dict[str, Path | str]:
    """What lies where in the repository: the bundle's files, the adapter, both cards."""
    storage = Storage()
    files: dict[str, Path | str] = dict(files_below(bundle))
    files[_README] = model_card(version, (bundle / _README).read_text(encoding="utf-8"))
    if version.adapter is not None:
        adapter = storage.fetch(version.adapter)
        files |= {f"adapter/{name}": path for name, path in files_below(adapter).items()}
    if version.dataset_card is not None:
        files["dataset-card.md"] = storage.fetch(version.dataset_card)
    return files
