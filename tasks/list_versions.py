"""What a person asks about versions: all of them, or what two differ in."""

from tasks.domain.bundle.versions import differences_text, find_version, versions_text
from tasks.domain.errors import NoSuchVersion
from tasks.external.versions import Versions, bundle_names, versions_of


def list_versions(name: str = "") -> str:
    """The versions of one bundle, or of all.

    Raises:
        NoSuchVersion: the bundle has none.
    """
    every = [versions_of(name)] if name else [Versions(one) for one in bundle_names()]
    if not every:
        raise NoSuchVersion("no bundle has a version yet; mcp-forge run makes the first")
    texts = [f"{one.name}\n\n{versions_text(one.all(), one.decisions())}" for one in every]
    return "\n\n".join(texts)


def compare_versions(name: str, one: str, other: str) -> str:
    """What two versions were made from and how good they are, where that differs.

    Raises:
        NoSuchVersion: there is no such version, or several.
    """
    versions = versions_of(name).all()
    first, second = (find_version(versions, beginning, name) for beginning in (one, other))
    return differences_text(first, second)
