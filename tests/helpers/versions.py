"""A version of a bundle, made of what a test says of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tasks.domain.bundle.versions import Lineage, Version
from tasks.domain.products import StoredFile

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
