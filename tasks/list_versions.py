"""What a person asks about versions: all of them, or what two differ in."""

from tasks.domain.bundle.versions import differences_text, find_version, versions_text
from tasks.domain.errors import NoSuchVersion
from tasks.external.versions import Versions, bundle_names


def list_versions(name: str = "") -> str:
    """The versions of one bundle, or of all.

    Raises:
        NoSuchVersion: the bundle has none.
    """
    bundles = bundle_names()
    if not (bundles or name):
        raise NoSuchVersion("no bundle has a version yet; mcp-forge run makes the first")
    if not bundles or (name and name not in bundles):
        there = ", ".join(bundles) or "none"
        raise NoSuchVersion(f"no versions of {name}; there are: {there}")
    every = [Versions(one) for one in ([name] if name else bundles)]
    return "\n".join(f"{one.name}\n\n{versions_text(one.all(), one.decisions())}" for one in every)


def compare_versions(name: str, one: str, other: str) -> str:
    """What two versions were made from and how good they are, where that differs.

    Raises:
        NoSuchVersion: there is no such version, or several.
    """
    versions = Versions(name).all()
    first, second = (find_version(versions, beginning, name) for beginning in (one, other))
    return differences_text(first, second)
