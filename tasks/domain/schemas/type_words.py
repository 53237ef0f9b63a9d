"""Parameters as others than JSON Schema write them: types in Python's words, maps without a schema.

xLAM and Berkeley write ``List[int]`` and ``str, optional``, Gemini writes capitals.
"""

import re
from collections.abc import Mapping
from typing import Any

_WORDS = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "float": "number",
    "double": "number",
    "bool": "boolean",
    "dict": "object",
    "mapping": "object",
    "list": "array",
    "sequence": "array",
    "tuple": "array",
    "set": "array",
    "none": "null",
} | {word: word for word in ("string", "integer", "number", "boolean", "object", "array", "null")}
_WITH_ITEMS = ("list", "sequence", "set", "array")
_MOST_CHARACTERS = 200
_OPTIONAL = re.compile(r",?\s*\(?optional\)?$")
_GENERIC = re.compile(r"(\w+)\[(.*)\]")
_FIRST_WORD = re.compile(r"[a-z]+\b(?!\[)")
_KEYWORDS = ("not", "if", "then", "else", "additionalProperties")
"""Keywords of JSON Schema that could be taken for the only parameter of a map."""


def schema_of_type(word: str) -> dict[str, Any] | None:
    """The schema of a type's word; ``{}`` where any value may be, None where it is no type."""
    if len(word) > _MOST_CHARACTERS:
        return None
    text = _OPTIONAL.sub("", word.strip().lower())
    if text in _WORDS:
        return {"type": _WORDS[text]}
    if text == "any":
        return {}
    if generic := _GENERIC.fullmatch(text):
        return _schema_of_generic(generic[1], generic[2])
    if "|" in text:
        kinds = [_WORDS.get(part.strip()) for part in text.split("|")]
        return {"type": kinds} if all(kinds) else {}
    first = _FIRST_WORD.match(text)
    return {"type": _WORDS[first[0]]} if first and first[0] in _WORDS else None


def _schema_of_generic(outer: str, inner: str) -> dict[str, Any]:
    if outer == "optional":
        return schema_of_type(inner) or {}
    if outer in _WITH_ITEMS:
        items = schema_of_type(inner)
        return {"type": "array", "items": items} if items else {"type": "array"}
    return {"type": _WORDS[outer]} if outer in _WORDS else {}


def is_map_of_parameters(schema: Mapping[str, Any]) -> bool:
    """Whether it is a map from a parameter's name to what it is, without a schema around."""
    return bool(schema) and all(
        isinstance(part, dict)
        and any(isinstance(part.get(key), str) for key in ("type", "description"))
        and name not in _KEYWORDS
        for name, part in schema.items()
    )


def schema_of_map(parameters: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The schema of a map of parameters; all without a default are required."""
    required = [name for name, part in parameters.items() if _is_required(part)]
    properties = {
        name: {
            key: value
            for key, value in part.items()
            if key != "required" or not isinstance(value, bool)
        }
        for name, part in parameters.items()
    }
    return {"type": "object", "properties": properties, "required": required}


def _is_required(parameter: Mapping[str, Any]) -> bool:
    required = parameter.get("required")
    if isinstance(required, bool):
        return required
    return "default" not in parameter and "optional" not in str(parameter.get("type")).lower()
