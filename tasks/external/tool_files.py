"""Read a tool list from a JSON or YAML file."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.domain.errors import UnusableData
from tasks.domain.products import Toolset
from tasks.domain.toollists import toolset_from_value
from tasks.domain.untrusted.decoding import from_yaml, packed_form, unambiguous

MOST_BYTES = 8 << 20
"""Of a file; 600 tools take some 2 MB."""


def read_toolset(path: Path, include: Sequence[str] = (), *, strict: bool = True) -> Toolset:
    """Read a tool list in any form of ``toolset_from_value``; the file's stem names the server.

    ``include`` and ``strict`` are those of ``toolset_from_value``.

    Raises:
        UnusableData: the file is missing, empty, not JSON or YAML, or not a tool list.
        UnusableTool: a tool in it has no usable schema.
    """
    if path.suffix not in (".json", ".yaml", ".yml"):
        raise UnusableData(f"{path}: found {path.suffix or 'no suffix'}, needed .json, .yaml, .yml")
    text = _text_of(path)
    if not text.strip():
        raise UnusableData(f"{path}: is empty, needed a tool list")
    return toolset_from_value(_decoded(text, path), path.stem, include, strict=strict)


def _text_of(path: Path) -> str:
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise UnusableData(f"{path}: {size >> 20} MB, at most {MOST_BYTES >> 20} are read")
        if not path.is_file():  # a pipe waits for ever, a device has no end
            raise UnusableData(f"{path}: is no file, needed a tool list")
        content = path.read_bytes()
        if form := packed_form(content):
            raise UnusableData(f"{path}: is {form}, needed text in UTF-8")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise UnusableData(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnusableData(f"{path}: is not UTF-8 text: {error.reason}") from error


def _decoded(text: str, path: Path) -> Any:
    try:
        if path.suffix == ".json":
            return json.loads(text, object_pairs_hook=unambiguous)
        # YAML has dates and numbered keys; JSON Schema has neither.
        return json.loads(_as_json(from_yaml(text), path))
    except (ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        raise UnusableData(f"{path}: is not {kind}: {' '.join(str(error).split())}") from error
    except TypeError as error:
        raise UnusableData(f"{path}: {error}; needed JSON values (put dates in quotes)") from error


def _as_json(value: Any, path: Path) -> str:
    """A value as JSON, written piece by piece: YAML's aliases can stand for any amount of it."""
    text = io.StringIO()
    for piece in json.JSONEncoder().iterencode(value):
        text.write(piece)
        if text.tell() > MOST_BYTES:
            raise UnusableData(f"{path}: its aliases stand for more than {MOST_BYTES >> 20} MB")
    return text.getvalue()
