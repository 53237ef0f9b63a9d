"""The versions of a bundle in the storage, and what was decided about them.

    versions/<server>-<model>/<version>/bundle/         the bundle as it was packed
    versions/<server>-<model>/<version>/toolset.json    the tools that it was made for
    versions/<server>-<model>/<version>/version.json    written last: without it there is no version
    decisions/<server>-<model>/<time>.json              only added: promoted, rejected …

Nothing is overwritten. A version whose record is missing was not written to its end, and is not
seen; which version is the champion follows from the decisions.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from profiles import explain
from tasks.domain.bundle.versions import Decision, Version, champions, last_forged
from tasks.domain.errors import NoSuchVersion, UnusableData, VersionExists
from tasks.domain.products import StoredFile, Toolset
from tasks.external.storage import Storage

_VERSIONS, _DECISIONS = "versions", "decisions"
_RECORD, _TOOLSET, _BUNDLE = "version.json", "toolset.json", "bundle"
_Record = TypeVar("_Record", Version, Decision, Toolset)


def bundle_names() -> list[str]:
    """The bundles that have versions."""
    return Storage().names(_VERSIONS)


def versions_of(name: str) -> "Versions":
    """The versions of a bundle that a person names.

    Raises:
        NoSuchVersion: it has none.
    """
    bundles = bundle_names()
    if name not in bundles:
        there = f"there are: {', '.join(bundles)}" if bundles else "mcp-forge run makes the first"
        raise NoSuchVersion(f"no versions of {name}; {there}")
    return Versions(name)


class Versions:
    """The versions of one bundle."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._storage = Storage()

    def all(self) -> list[Version]:
        """Every version that was written to its end, oldest first.

        Raises:
            UnusableData: a record cannot be read.
        """
        versions = [self._read(version) for version in self._storage.names(_VERSIONS, self.name)]
        return sorted((one for one in versions if one), key=lambda version: version.made_at)

    def decisions(self) -> list[Decision]:
        """What was decided, oldest first."""
        names = self._storage.names(_DECISIONS, self.name)
        texts = [(name, self._storage.read_text(_DECISIONS, self.name, name)) for name in names]
        return [_parsed(Decision, text, name) for name, text in texts if text is not None]

    def champions(self) -> list[str]:
        """The champion last, before it those that a rollback leads to; none that was removed."""
        return [version for version in champions(self.decisions()) if self._read(version)]

    def champion(self) -> Version | None:
        """The version that is in use; None where none was promoted yet."""
        newest_first = reversed(champions(self.decisions()))
        records = (self._read(version) for version in newest_first)
        return next(filter(None, records), None)

    def last(self) -> Version | None:
        """The version that was forged last, promoted or not; None where there is none."""
        by_id = {version.id: version for version in self.all()}
        return by_id.get(last_forged(self.decisions())) or next(reversed(by_id.values()), None)

    def toolset(self, version: Version) -> Toolset:
        """The tools that a version was made for."""
        text = self._storage.read_text(_VERSIONS, self.name, version.id, _TOOLSET)
        return _parsed(Toolset, text or "", f"{version.id}/{_TOOLSET}")

    def files(self, version: Version) -> Path:
        """A local folder with exactly the bundle that was published."""
        return self._storage.fetch(version.files)

    def publish(self, draft: Path, toolset: Toolset, version: Version) -> Version:
        """Move a packed folder into the storage, and only then write that it is there.

        Raises:
            VersionExists: there is a version of this id.
        """
        place = (_VERSIONS, self.name, version.id)
        if self._storage.read_text(*place, _RECORD) is not None:
            raise VersionExists(f"{self.name}: version {version.id} is there already")
        files = self._storage.keep(draft, *place, _BUNDLE)
        published = version.model_copy(update={"files": files})
        self._storage.write_text(toolset.model_dump_json(), *place, _TOOLSET)
        self._storage.write_text(published.model_dump_json(indent=2), *place, _RECORD)
        return published

    def decide(self, decision: Decision) -> None:
        """Add a decision."""
        name = f"{decision.at:%Y%m%dT%H%M%S.%f}-{decision.version[-8:]}.json"
        text = decision.model_dump_json(indent=2)
        self._storage.write_text(text, _DECISIONS, self.name, name)

    def remove(self, versions: Sequence[Version]) -> None:
        """Remove versions: the record first, so that a half-removed one is not seen either."""
        for version in versions:
            self._storage.remove(_VERSIONS, self.name, version.id, _RECORD)
            self._storage.remove(_VERSIONS, self.name, version.id)

    def remove_unfinished(self, before: datetime) -> None:
        """Remove what was never written to its end, if it was begun before that time."""
        for name in self._storage.names(_VERSIONS, self.name):
            is_old = name < f"{before:%Y%m%dT%H%M%S}"
            if is_old and self._read(name) is None:
                self._storage.remove(_VERSIONS, self.name, name)

    def _read(self, version: str) -> Version | None:
        place = (_VERSIONS, self.name, version)
        text = self._storage.read_text(*place, _RECORD)
        if text is None:
            return None
        read = _parsed(Version, text, f"{version}/{_RECORD}")
        # Where it lies follows from where the record was found: a storage may be moved.
        here: StoredFile = read.files.model_copy(update={"uri": self._storage.uri(*place, _BUNDLE)})
        return read.model_copy(update={"files": here})


def _parsed(kind: type[_Record], text: str, name: str) -> _Record:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise UnusableData(f"{name}: not a {kind.__name__}: {explain(error)}") from error
