"""Read a tool list from a JSON or YAML file."""

import json
from pathlib import Path
from typing import Any

from tasks.domain.decoding import from_yaml
from tasks.domain.errors import UnusableData
from tasks.domain.products import Toolset
from tasks.domain.toollists import toolset_from_value


def read_toolset(path: Path) -> Toolset:
    """Read a tool list in any form of ``toolset_from_value``; the file's stem names the server.

    Raises:
        UnusableData: the file is missing, empty, not JSON or YAML, or not a tool list.
        UnusableTool: a tool in it has no usable schema.
    """
    if path.suffix not in (".json", ".yaml", ".yml"):
        raise UnusableData(f"{path}: found {path.suffix or 'no suffix'}, needed .json, .yaml, .yml")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnusableData(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnusableData(f"{path}: is not UTF-8 text: {error.reason}") from error
    if not text.strip():
        raise UnusableData(f"{path}: is empty, needed a tool list")
    return toolset_from_value(_decoded(text, path), path.stem)


def _decoded(text: str, path: Path) -> Any:
    try:
        if path.suffix == ".json":
            return json.loads(text)
        # YAML has dates and numbered keys; JSON Schema has neither.
        return json.loads(json.dumps(from_yaml(text)))
    except (ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        raise UnusableData(f"{path}: is not {kind}: {' '.join(str(error).split())}") from error
    except TypeError as error:
        raise UnusableData(f"{path}: {error}; needed JSON values (put dates in quotes)") from error
