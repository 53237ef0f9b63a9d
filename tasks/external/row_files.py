"""A person's file of conversations → rows; rows → the two files of a dataset."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.domain.conversations import Row, fingerprint, write_jsonl
from tasks.domain.errors import UnusableData
from tasks.domain.products import StoredFile
from tasks.domain.writing.own.rows import OwnRows, read_own
from tasks.external.storage import Storage


def read_own_file(
    path: Path, tools: Sequence[dict[str, Any]] | None = None, *, thinks: bool = False
) -> OwnRows:
    """Read the conversations of a file; those without tools take the ones given.

    Thoughts are kept for a model that ``thinks``.

    Raises:
        UnusableData: the file cannot be read, or a line is no conversation; with its number.
    """
    try:
        # Only \n ends a line: texts may hold other line ends.
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            return read_own(lines, path.name, tools, thinks=thinks)
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableData(f"{path}: cannot be read as text in UTF-8: {error}") from error


def keep_rows(
    kind: str, train: Sequence[Row], heldout: Sequence[Row]
) -> tuple[StoredFile, StoredFile]:
    """Keep the rows of both splits in one folder, named for what it is and for its content."""
    storage = Storage()
    texts = {"train.jsonl": write_jsonl(train), "heldout.jsonl": write_jsonl(heldout)}
    folder = f"{kind}-{fingerprint(texts)[:8]}"
    stored_files = []
    for name, text in texts.items():
        with storage.writing("datasets", folder, name) as draft:
            draft.write_text(text, encoding="utf-8")
            stored_files.append(storage.keep(draft, "datasets", folder, name))
    return stored_files[0], stored_files[1]
