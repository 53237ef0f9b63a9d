"""A version of a bundle, made of what a test says of it, and what becomes of it in the storage."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tasks.domain.bundle.files import CHECKSUMS
from tasks.domain.bundle.versions import Decision, Lineage, Version
from tasks.domain.products import StoredFile
from tasks.external.storage import Storage
from tasks.external.versions import Versions
from tests.fakes.toolsets import CLOCKS

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)

LINEAGE: dict[str, Any] = dict.fromkeys(Lineage.model_fields, "") | {
    "samples": 720,
    "seed": 3407,
    "include_tools": (),
}


def version(name: str, days_old: float = 0, **lineage: Any) -> Version:
    return Version(
        id=name,
        name="time-tiny",
        server="time",
        model="tiny",
        made_at=NOW - timedelta(days=days_old),
        files=StoredFile(uri="", sha256="", size_bytes=0),
        gguf=name * 8,
        exact_match=0.5,
        abstention=0.9,
        loops=0.7,
        lineage=Lineage.model_validate(LINEAGE | lineage),
    )


def publish(versions: Versions, name: str, days_old: float = 0) -> Version:
    """A version whose files hold its name: one beside the others, one in a folder."""
    made_at = datetime.now(UTC) - timedelta(days=days_old)
    with Storage().writing("drafts", name) as draft:
        (draft / "tests").mkdir(parents=True)
        for file in (draft / CHECKSUMS, draft / "tests" / "name"):
            file.write_text(name, encoding="utf-8")
        record = version(name).model_copy(update={"made_at": made_at})
        return versions.publish(draft, CLOCKS, record)


def decide(versions: Versions, *names: str) -> None:
    """Make each of them the champion, one after the other."""
    for number, name in enumerate(names):
        at = datetime.now(UTC) + timedelta(microseconds=number)
        versions.decide(Decision(kind="promoted", version=name, at=at, reason="so"))
