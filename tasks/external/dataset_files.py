"""The files of a dataset: rows are kept as JSONL beside their long tool list, and read back."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tasks.domain.conversations import Row, fingerprint, parse_rows, write_jsonl
from tasks.domain.products import Dataset, StoredFile, ToolDocuments
from tasks.external.storage import Storage

LARGEST_REPEATED = 32 << 10
"""Characters of a tool list that is written into each row; a longer one stands once, beside."""


def keep_rows(
    kind: str,
    train: Sequence[Row],
    heldout: Sequence[Row],
    tools: Sequence[dict[str, Any]] | None,
    key: str = "",
) -> dict[str, Any]:
    """Keep the rows of both splits in one folder, named for what it is and for its content.

    ``tools``: the list that most of the rows have; ``key`` stands for the content, where given.
    Returns what a ``Dataset`` says of them: its files and their numbers of rows.
    """
    text = json.dumps(tools, ensure_ascii=False)
    beside = tools if tools is not None and len(text) > LARGEST_REPEATED else None
    texts = {
        "train.jsonl": write_jsonl(train, beside),
        "heldout.jsonl": write_jsonl(heldout, beside),
        **({} if beside is None else {"tools.json": text}),
    }
    folder = f"{kind}-{key or fingerprint(texts)[:8]}"
    files = {name: keep_text(folder, name, text) for name, text in texts.items()}
    return {
        "train": files["train.jsonl"],
        "heldout": files["heldout.jsonl"],
        "tools": files.get("tools.json"),
        "train_rows": len(train),
        "heldout_rows": len(heldout),
    }


def keep_text(folder: str, name: str, text: str) -> StoredFile:
    """Keep a text as a file of a dataset."""
    return Storage().write_text(text, "datasets", folder, name)


def train_rows(dataset: Dataset) -> Iterator[Row]:
    """The training rows one by one, for files larger than memory.

    Raises:
        UnusableData: a file is gone, altered or has no rows.
    """
    return _rows(dataset.train, dataset.tools)


def heldout_rows(dataset: Dataset) -> Iterator[Row]:
    """The held-out rows one by one; as ``train_rows``."""
    return _rows(dataset.heldout, dataset.tools)


def retriever_of(dataset: Dataset) -> ToolDocuments | None:
    """What the tools of a request are chosen with, where they are."""
    if dataset.retriever is None:
        return None
    return ToolDocuments.model_validate_json(_text(dataset.retriever))


def _rows(stored: StoredFile, tools: StoredFile | None) -> Iterator[Row]:
    beside = None if tools is None else tuple(json.loads(_text(tools)))
    path = Storage().fetch(stored)
    # Only \n ends a row: texts may hold other line ends.
    with path.open(encoding="utf-8", newline="\n") as lines:
        yield from parse_rows(lines, path.name, beside)


def _text(stored: StoredFile) -> str:
    return Storage().fetch(stored).read_text(encoding="utf-8")
