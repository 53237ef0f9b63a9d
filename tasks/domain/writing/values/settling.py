"""A schema with references, alternatives and conditions → one plain schema."""

import random
import re
from collections.abc import Callable, Iterable
from typing import Any

from tasks.domain.errors import UnusableTool
from tasks.domain.schemas.references import Document

SHALLOW, DEEPEST = 5, 24
"""Below the first depth optional parts are left out; a schema reaching the second has no end."""
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def settle(schema: Any, document: Document, rng: random.Random, depth: int = 0) -> dict[str, Any]:
    """Follow $ref, merge allOf, choose a branch of anyOf, oneOf and if: a schema without these.

    Raises:
        UnusableTool: references without an end, or one that leads nowhere.
    """
    result: dict[str, Any] = schema if isinstance(schema, dict) else {}
    for _ in range(DEEPEST):
        turn = next((keyword for keyword in _TURNS if keyword in result), None)
        if turn is None:
            return result
        parts = _TURNS[turn](_Choice(document, rng, depth), result, turn)
        rest = {k: v for k, v in result.items() if k not in _KEYS_OF.get(turn, (turn,))}
        for part in parts:
            rest = merge(part, rest)
        result = rest
    raise UnusableTool("$ref, allOf and anyOf refer to one another without an end")


class _Choice:
    """What choosing takes: where references lead, and what draws."""

    def __init__(self, document: Document, rng: random.Random, depth: int) -> None:
        self.document, self.rng, self.depth = document, rng, depth

    def followed(self, schema: dict[str, Any], keyword: str) -> list[dict[str, Any]]:
        target = self.document.lookup(schema[keyword])
        return [target if isinstance(target, dict) else {}]

    def united(self, schema: dict[str, Any], keyword: str) -> list[dict[str, Any]]:
        return [settle(part, self.document, self.rng, self.depth) for part in schema[keyword]]

    def branch(self, schema: dict[str, Any], keyword: str) -> list[dict[str, Any]]:
        usable = [b for b in schema[keyword] if isinstance(b, dict) and not _is_null(b)]
        if any(self._target(branch).get("properties") for branch in usable):
            usable = [b for b in usable if not _is_loose(b)]  # a fallback for clients' mistakes
        if usable and all(_is_bare(b) for b in usable):
            # Anything a person types will do; the list's author names the usual type first.
            return [next((b for b in usable if b.get("format") != "binary"), usable[0])]
        plain = [b for b in usable if "$ref" not in b] if self.depth > SHALLOW else usable
        return [dict(self.rng.choice(plain or usable or [{"type": "null"}]))]

    def _target(self, branch: dict[str, Any]) -> dict[str, Any]:
        target = self.document.lookup(branch["$ref"]) if "$ref" in branch else branch
        return target if isinstance(target, dict) else {}

    def condition(self, schema: dict[str, Any], keyword: str) -> list[dict[str, Any]]:
        # That the condition does not hold is left to chance: the whole value is checked.
        holds = self.rng.random() < 0.5
        parts = (schema[keyword], schema.get("then")) if holds else (schema.get("else"),)
        return [settle(p, self.document, self.rng, self.depth) for p in parts if p is not None]


_TURNS: dict[str, Callable[[_Choice, dict[str, Any], str], list[dict[str, Any]]]] = {
    **dict.fromkeys(_REFERENCES, _Choice.followed),
    "allOf": _Choice.united,
    "anyOf": _Choice.branch,
    "oneOf": _Choice.branch,
    "if": _Choice.condition,
}
_KEYS_OF = {"if": ("if", "then", "else")}


def _is_loose(schema: dict[str, Any]) -> bool:
    """Whether a schema takes any text or any object, and says nothing more."""
    is_any = schema.get("type") in ("string", "object") and "format" not in schema
    return is_any and _is_bare(schema)


def _is_bare(schema: dict[str, Any]) -> bool:
    """Whether a schema is no more than the name of a type."""
    named = {"type", "description", "title", "format", "additionalProperties"}
    return isinstance(schema.get("type"), str) and not schema.keys() - named


def _is_null(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "null" or schema.get("const", 0) is None


def outline(schema: Any, document: Document, depth: int = 0) -> dict[str, Any]:
    """What a schema says whatever branch is taken: its properties, and those of every branch."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return {}
    whole = {k: v for k, v in schema.items() if k not in _BRANCHING and k not in _ALWAYS}
    for part in _parts(schema, _ALWAYS, document):
        whole = merge(outline(part, document, depth + 1), whole)
    for part in _parts(schema, _BRANCHING, document):
        properties = outline(part, document, depth + 1).get("properties", {})
        if properties:
            whole["properties"] = {**properties, **whole.get("properties", {})}
    return whole


_ALWAYS = (*_REFERENCES, "allOf")
_BRANCHING = ("anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "dependencies")


def _parts(schema: dict[str, Any], keywords: tuple[str, ...], document: Document) -> list[Any]:
    parts: list[Any] = []
    for keyword in keywords:
        inner = schema.get(keyword)
        if keyword in _REFERENCES:
            parts += [document.lookup(inner)] if isinstance(inner, str) else []
        elif isinstance(inner, list):
            parts += inner
        elif keyword in ("dependentSchemas", "dependencies"):
            parts += (inner or {}).values()
        else:
            parts += [inner]
    return [part for part in parts if isinstance(part, dict)]


def merge(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two schemas that hold together; where they cannot be united the second one's word counts."""
    united = {**first, **second}
    for keyword in _UNITED.keys() & first.keys() & second.keys():
        united[keyword] = _UNITED[keyword](first[keyword], second[keyword])
    return united


def _properties(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: merge(first[name], second[name])
        for name in first.keys() & second.keys()
        if isinstance(first[name], dict) and isinstance(second[name], dict)
    }
    return {**first, **second, **both}


def _enum(first: list[Any], second: list[Any]) -> list[Any]:
    return [value for value in second if value in first] or second


def _type(first: Any, second: Any) -> Any:
    names = [[kind] if isinstance(kind, str) else kind for kind in (first, second)]
    both = [kind for kind in names[1] if kind in names[0]]
    if {"integer", "number"} <= {*names[0], *names[1]} and not both:
        both = ["integer"]
    return both[0] if len(both) == 1 else both or second


def _names(listed: Iterable[Any]) -> list[str]:
    """Names of properties; what else a list maker put among them is none."""
    return [name for name in listed if isinstance(name, str)]


_UNITED: dict[str, Callable[[Any, Any], Any]] = {
    "properties": _properties,
    "required": lambda first, second: list(dict.fromkeys(_names([*first, *second]))),
    "dependentRequired": lambda first, second: {**first, **second},
    "enum": _enum,
    "type": _type,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}


def type_of(schema: dict[str, Any]) -> str:
    """The type that a value gets: of several the first that is not null; guessed when unsaid."""
    stated = schema.get("type")
    if isinstance(stated, str):
        return stated
    if stated:
        return next((name for name in stated if name != "null"), "null")
    hinted = next((name for keyword, name in _HINTS if keyword in schema), None)
    return hinted or _type_of_example(schema) or _described_type(schema) or "string"


_HINTS = (
    *((k, "object") for k in ("properties", "patternProperties", "minProperties", "required")),
    *((k, "array") for k in ("items", "prefixItems", "minItems", "maxItems", "contains")),
    *((k, "number") for k in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")),
    ("multipleOf", "number"),
    *((k, "string") for k in ("minLength", "maxLength", "pattern", "format")),
    ("additionalProperties", "object"),
)
_PYTHON = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def _type_of_example(schema: dict[str, Any]) -> str | None:
    examples = [schema.get("default"), *schema.get("examples", ())]
    return next((_PYTHON[type(value)] for value in examples if value is not None), None)


_DESCRIBED = tuple(
    (re.compile(rule, re.IGNORECASE), name)
    for rule, name in (
        (r"^\W*(whether|if (true|set|enabled)|(set to )?true)\b", "boolean"),
        (r"^\W*(enables?|disables?|toggles?)\b", "boolean"),
        (r"\b(true or false|boolean|bool)\b", "boolean"),
        (r"^\W*((the|an?|max(imum)?|min(imum)?|total) )*(number|count) of\b", "integer"),
        (r"^\W*how many\b", "integer"),
        (r"\binteger\b|^\W*int\b", "integer"),
        (r"\b(float|decimal number|floating.point)\b", "number"),
        (r"^\W*((an?|the|optional) )*(list|array) of\b", "array"),
        (r"^\W*((an?|the|optional|json) )*(object|dict(ionary)?|mapping|map)\b", "object"),
    )
)  # fmt: skip
"""What a description says of the type, where the schema does not."""


def _described_type(schema: dict[str, Any]) -> str | None:
    described = schema.get("description", "")
    return next((name for rule, name in _DESCRIBED if rule.search(described)), None)


def dependents(
    schema: dict[str, Any], names_given: list[str], document: Document, rng: random.Random
) -> tuple[dict[str, Any], list[str]]:
    """The schema that holds when names are there, and the names that have to be there too."""
    names = list(names_given)
    for _ in range(DEEPEST):
        rules = {**schema.get("dependencies", {}), **schema.get("dependentRequired", {})}
        rules |= schema.get("dependentSchemas", {})
        for rule in (rules[name] for name in names if isinstance(rules.get(name), dict)):
            schema = merge(settle(rule, document, rng), schema)
        names_needed = _names(schema.get("required", ()))
        names_needed += [
            n for name in names if isinstance(rules.get(name), list) for n in rules[name]
        ]
        missing = [name for name in dict.fromkeys(names_needed) if name not in names]
        if not missing:
            break
        names += missing
    properties = schema.get("properties", {})
    spare = [n for n, part in properties.items() if n not in names and part is not False]
    names += spare[: max(schema.get("minProperties", 0) - len(names), 0)]
    return schema, names[len(names_given) :]
