"""Any JSON Schema → a value that means something; the caller checks it against the schema."""

import hashlib
import json
import random
import re
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any

from tasks.domain.conversations import Split
from tasks.domain.errors import UnusableTool
from tasks.domain.identifiers import name_words
from tasks.domain.schemas.limits import MOST_LENGTH
from tasks.domain.schemas.references import Document
from tasks.domain.writing.values import words
from tasks.domain.writing.values.amounts import draw_number
from tasks.domain.writing.values.kinds import CLOSED, SHORT, TEXTS, UNUSUAL, VAGUE, WRITERS
from tasks.domain.writing.values.meanings import kind_of, kind_of_example, quoted_examples
from tasks.domain.writing.values.patterns import in_form, matching, with_tail
from tasks.domain.writing.values.ranges import in_order
from tasks.domain.writing.values.settling import (
    DEEPEST,
    SHALLOW,
    dependents,
    merge,
    settle,
    type_of,
)

HELD_OUT = 5
"""Every fifth value is kept for the held-out split: a model that is to know a server's branches has
to see most of them."""
DRAWS = 64
"""Draws for a value of the right split before the pool counts as too small to be divided."""
SMALL_NUMBER = 1000
"""Whole numbers below it are not held apart: a language has only so many small numbers."""
MOST_PARTS = 3000
"""Parts of one argument: a schema may ask for a billion items, or double itself with each level."""


def split_of(value: Any) -> Split:
    """Which split an open value belongs to: a stable fifth of all values is held out."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return "heldout" if hashlib.sha256(text.encode()).digest()[0] % HELD_OUT == 0 else "train"


class Allowance:
    """How many parts may still be drawn."""

    def __init__(self) -> None:
        self._parts_left = MOST_PARTS

    def spend(self) -> None:
        """Take one part; UnusableTool when there is none left."""
        self._parts_left -= 1
        if self._parts_left < 0:
            raise UnusableTool(f"one value would take more than {MOST_PARTS} parts")

    @property
    def is_ample(self) -> bool:
        """Whether parts may be drawn that are then thrown away."""
        return self._parts_left > MOST_PARTS // 2


@dataclass(frozen=True)
class Place:
    """Where in a tool's arguments a value is drawn, and how."""

    rng: random.Random
    root: Document
    about: str
    """The tool's name and description: what unclear parameter names mean."""
    split: Split
    unusual: bool = False
    optional: float = 0.4
    names: frozenset[str] = frozenset()
    """Names of tools and parameters: no examples, though descriptions quote them."""
    name: str = ""
    """The spoken name of the parameter."""
    described: str = ""
    depth: int = 0
    allowance: Allowance = field(default_factory=Allowance)

    def inside(self, name: str) -> "Place":
        """The place of a part of this one."""
        return self._with(" ".join(name_words(name)) or self.name, "", self.depth + 1)

    def with_description(self, schema: dict[str, Any]) -> "Place":
        """The same place with what its schema says of it."""
        described = schema.get("description")
        return self if described is None else self._with(self.name, described, self.depth)

    def deeper(self) -> "Place":
        """The place of an item of this one."""
        return self._with(self.name, self.described, self.depth + 1)

    def _with(self, name: str, described: str, depth: int) -> "Place":
        # Written out because dataclasses.replace takes a tenth of all the time.
        return Place(
            self.rng,
            self.root,
            self.about,
            self.split,
            self.unusual,
            self.optional,
            self.names,
            name,
            described,
            depth,
            self.allowance if self.depth else Allowance(),
        )


def draw(schema: Any, at: Place) -> Any:
    """One value for a schema; most often valid, never checked here.

    Raises:
        UnusableTool: the schema allows nothing, has no end, or refers to what does not exist.
    """
    if schema is False:
        raise UnusableTool(f"{at.name}: its schema cannot be used, or allows nothing")
    if at.depth > DEEPEST:
        raise UnusableTool(f"{at.name}: the schema refers to itself without an end")
    at.allowance.spend()
    schema = settle(schema, at.root, at.rng, at.depth)
    at = at.with_description(schema)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return at.rng.choice([v for v in schema["enum"] if v is not None] or [None])
    return _DRAWERS[type_of(schema)](schema, at)


def _object(schema: dict[str, Any], at: Place) -> dict[str, Any]:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    chance = at.optional if at.depth <= SHALLOW else 0.0
    if at.depth and not required and len(properties) <= _FEW:
        chance = 1.0  # a latitude alone is no place
    value = {
        name: draw(part, at.inside(name))
        for name, part in properties.items()
        if name in required or (at.rng.random() < chance and part is not False)
    }
    if at.depth > 1 and not value and (usable := [n for n, part in properties.items() if part]):
        name = at.rng.choice(usable)  # an item without a part says nothing
        value[name] = draw(properties[name], at.inside(name))
    schema, others = dependents(schema, list(value), at.root, at.rng)
    for name in others:
        value[name] = draw(schema.get("properties", {}).get(name, {}), at.inside(name))
    value = in_order(value, at.rng, lambda end: split_of(end) == at.split)
    return value | other_properties(schema, len(value), at)


_FEW = 2
"""Parts of an object that only together say something."""


def other_properties(schema: dict[str, Any], count: int, at: Place) -> dict[str, Any]:
    """Properties without a name of their own, where a schema wants some beside the known ones."""
    rules = schema.get("patternProperties") or {}
    extra = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
    part = next(iter(rules.values()), extra if isinstance(extra, dict) else {})
    is_free = not schema.get("properties") and extra is not False and at.depth > 0
    is_wanted = is_free or isinstance(extra, dict) or bool(rules and at.depth)
    missing = max(schema.get("minProperties", 0) - count, 0)
    value: dict[str, Any] = {}
    for _ in range(missing or (at.rng.randint(1, 2) if is_wanted else 0)):
        key = _key(schema, value, at)
        value[f"{key}_{len(value)}" if key in value else key] = draw(part, at.inside("value"))
    return value


def _key(schema: dict[str, Any], others: Container[str], at: Place) -> str:
    rules = [{"pattern": pattern} for pattern in schema.get("patternProperties") or ()]
    rule = schema.get("propertyNames") or next(iter(rules), None)
    if isinstance(rule, dict):
        return str(draw({"type": "string", **rule}, at.inside("column")))
    return at.rng.choice([name for name in words.COLUMNS if name not in others] or words.COLUMNS)


def _array(schema: dict[str, Any], at: Place) -> list[Any]:
    first, rest = schema.get("prefixItems", []), schema.get("items", {})
    if isinstance(rest, list):  # until 2020 the first items stood here
        first, rest = rest, schema.get("additionalItems", {})
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    value = [draw(part, at.inside("item")) for part in first[:most]]
    if "contains" in schema:
        both = schema["contains"]
        both = merge(rest, both) if isinstance(rest, dict) and isinstance(both, dict) else both
        value += [draw(both, at.deeper()) for _ in range(schema.get("minContains", 1))]
    if rest is False or (first and len(value) >= least):
        return value
    top = max(3, least) if most is None else min(most, max(3, least))
    count = at.rng.choice([n for n in (1, 1, 2, 2, 3) if least <= n <= top] or [least])
    part = at.deeper()
    while len(value) < (count if at.depth <= SHALLOW else least):
        item = _new_item(rest, value, part)
        if item in value and len(value) >= least:
            break
        value.append(item)
    return value


def _new_item(schema: Any, earlier: list[Any], at: Place) -> Any:
    item = draw(schema, at)
    for _ in range(DRAWS):
        if item not in earlier or not at.allowance.is_ample:
            break
        item = draw(schema, at)
    return item


def _number(schema: dict[str, Any], at: Place) -> int | float:
    for _ in range(DRAWS):
        value = draw_number(schema, at.name, at.rng, at.unusual)
        if not is_open(value) or split_of(value) == at.split:
            break
    return value


def is_open(value: Any) -> bool:
    """Whether a value is one of so many that the two splits can have different ones."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int):
        return abs(value) >= SMALL_NUMBER
    return True


def _string(schema: dict[str, Any], at: Place) -> str:
    write = string_writer(schema, at)
    closed = kind_of(at.name, at.described, at.about) in CLOSED
    least, most = schema.get("minLength", 0), schema.get("maxLength", MOST_LENGTH)
    is_formed = "pattern" in schema or schema.get("format") in WRITERS
    for _ in range(DRAWS):
        text = write(at.rng)
        value = text if is_formed else _sized(text, schema, at.rng)
        if (closed or split_of(value) == at.split) and least <= len(value) <= most:
            break
    short = SHORT.get(schema.get("format", ""))
    return short(at.rng) if len(value) > most and short and "pattern" not in schema else value


def example_values(schema: dict[str, Any], names: frozenset[str], described: str = "") -> list[str]:
    """The values that a schema or its description give as examples.

    Of one kind, where the first has one: what else is quoted beside a moment, such as an offset,
    is a part of it.

    ``names`` of tools and parameters are quoted for another reason. ``described``: what is said of
    the list that a value is an item of, where the schema itself says nothing.
    """
    stated = [v for v in schema.get("examples", ()) if isinstance(v, str)]
    quoted = quoted_examples(schema.get("description", described))
    usual = schema.get("default")
    values = stated or [text for text in quoted if text not in names and text != usual]
    kind = kind_of_example(values[0]) if values else None
    return [value for value in values if kind in (None, kind_of_example(value))]


def string_writer(schema: dict[str, Any], at: Place) -> Callable[[random.Random], str]:
    """What writes a string for a schema: its format, pattern, examples, or the parameter's name."""
    plain = _plain_writer(schema, at)
    pattern = schema.get("pattern")
    if pattern is None:
        return plain
    sizes = schema.get("minLength", 0), schema.get("maxLength", MOST_LENGTH)

    def write(rng: random.Random) -> str:
        if text := in_form(plain(rng), pattern, *sizes):
            return text
        tail = rng.choice(words.NOUNS)
        text = matching(pattern, rng, *sizes)
        return with_tail(text, pattern, tail, sizes[1]) if text else tail

    return write


def _plain_writer(schema: dict[str, Any], at: Place) -> Callable[[random.Random], str]:
    if form := WRITERS.get(schema.get("format", "")):
        return form
    kind = kind_of(at.name, at.described, at.about)
    examples = example_values(schema, at.names, at.described)
    if examples and (kind in VAGUE or any(map(kind_of_example, examples))) and kind != "zone":
        return lambda rng: _like(rng.choice(examples), rng)
    if at.unusual and kind in UNUSUAL:
        return UNUSUAL[kind]
    plain = WRITERS[kind]
    if at.unusual and kind in TEXTS:
        return lambda rng: plain(rng) + rng.choice(words.UNUSUAL_TAILS)
    return plain


def _like(example: str, rng: random.Random) -> str:
    kind = kind_of_example(example)
    if kind is not None:
        return WRITERS[kind](rng)
    if len(re.findall(r"\d", example)) < _NUMBERED:
        return example
    return re.sub(r"\d", lambda _: str(rng.randint(1, 9)), example)


_NUMBERED = 3
"""Digits from which on an example only shows the form: PROJECT-123."""


def _sized(text: str, schema: dict[str, Any], rng: random.Random) -> str:
    while len(text) < schema.get("minLength", 0):
        text = f"{text} {rng.choice(words.NOUNS)}"
    most = schema.get("maxLength", len(text))
    return text[:most].rstrip() or text[:most] if len(text) > most else text


_DRAWERS: dict[str, Callable[[dict[str, Any], Place], Any]] = {
    "object": _object,
    "array": _array,
    "number": _number,
    "integer": _number,
    "string": _string,
    "boolean": lambda _schema, at: at.rng.random() < 0.5,
    "null": lambda _schema, _at: None,
}
