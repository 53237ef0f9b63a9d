"""Decode JSON and YAML that somebody else wrote: a value, or a ValueError, whatever the text is."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import pydantic_core
import yaml

MOST_NODES = 500_000
"""Values of a YAML text, those that its aliases repeat counted each time."""


_MARKS = {
    b"\x1f\x8b": "packed with gzip",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"SQLite ": "an SQLite database",
    b"\xff\xfe\0\0": "in UTF-32",
    b"\xff\xfe": "in UTF-16",
    b"\xfe\xff": "in UTF-16",
}
"""How files begin that are taken for text in UTF-8."""


def packed_form(beginning: bytes) -> str:
    """What a file is instead of text in UTF-8, by its first bytes; empty where they do not say."""
    return next((form for mark, form in _MARKS.items() if beginning.startswith(mark)), "")


def from_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Unlike ``json.loads`` it ends in no RecursionError: lists in lists are read 200 deep.

    Raises:
        ValueError: not JSON, nested too deep, with half of a surrogate pair, or with a number that
            JSON does not have (NaN) or that is beyond a float (1e999).
    """
    value = pydantic_core.from_json(text, allow_inf_nan=False)
    if _has_infinity(value):
        raise ValueError("a number beyond a float")
    return value


def json_or_none(text: str) -> Any:
    """The value of a JSON text; None where it is none."""
    try:
        return from_json(text)
    except ValueError:
        return None


def leaves(value: Any) -> Iterator[Any]:
    """The values in a decoded one that hold no others, in their order."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    else:
        yield value


class KeyTwice(ValueError):
    """An object has a key twice, with different values."""


def unambiguous(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The object of a JSON text's keys and values, for ``object_pairs_hook``.

    Raises:
        KeyTwice: one of two values would be lost.
    """
    whole: dict[str, Any] = {}
    for key, value in pairs:
        if key in whole and whole[key] != value:
            raise KeyTwice(f"the key {key[:80]!r} stands twice in one object")
        whole[key] = value
    return whole


def _has_infinity(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_infinity, value.values()))
    if isinstance(value, list):
        return any(map(_has_infinity, value))
    return isinstance(value, float) and math.isinf(value)


def from_yaml(text: str) -> Any:
    """The value of a YAML text of plain values; a few lines of aliases cannot fill the memory.

    Raises:
        ValueError: not YAML, nested too deep, or more than ``MOST_NODES`` values.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > MOST_NODES:
            raise ValueError(f"its aliases make more than {MOST_NODES} values of it")
        _check_keys(node, set())
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise ValueError("it is nested too deep, or inside itself") from error


def _check_keys(node: yaml.Node, ids: set[int]) -> None:
    """ValueError for a key that stands twice, or that YAML takes for a truth value, as ``on``."""
    if id(node) in ids or not isinstance(node, yaml.CollectionNode):
        return
    ids.add(id(node))
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    texts = [key.value for key in keys if isinstance(key, yaml.ScalarNode)]
    unambiguous((text, number) for number, text in enumerate(texts))
    for key in keys:
        if key.tag in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"):
            raise ValueError(f"the key {key.value!r} is no text in YAML; put it in quotes")
    for part in node.value:
        for inner in part if isinstance(part, tuple) else (part,):
            _check_keys(inner, ids)


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """Values below a node, each node counted as often as it is referred to."""
    if id(node) not in sizes:
        parts = node.value if isinstance(node, yaml.CollectionNode) else []
        nodes = [one for part in parts for one in (part if isinstance(part, tuple) else (part,))]
        sizes[id(node)] = 1 + sum(_size(one, sizes) for one in nodes)
    return sizes[id(node)]
