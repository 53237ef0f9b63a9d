"""Any JSON Schema → a value that means something; the caller checks it against the schema."""

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tasks.domain.arguments import words
from tasks.domain.arguments.amounts import draw_number
from tasks.domain.arguments.meanings import (
    CLOSED,
    TEXTS,
    VAGUE,
    kind_of,
    kind_of_example,
    quoted_examples,
)
from tasks.domain.arguments.patterns import matching
from tasks.domain.arguments.values import KINDS, UNUSUAL
from tasks.domain.conversations import Split
from tasks.domain.errors import UnusableTool
from tasks.domain.phrasing.naming import name_words

HELD_OUT = 5
"""Every fifth value is kept for the held-out split: a model that is to know a server's branches has
to see most of them."""
DRAWS = 64
"""Draws for a value of the right split before the pool counts as too small to be divided."""
SMALL_NUMBER = 1000
"""Whole numbers below it are not held apart: a language has only so many small numbers."""
_SHALLOW, _DEEPEST = 5, 24
"""Below the first depth optional parts are left out; a schema reaching the second has no end."""


def split_of(value: Any) -> Split:
    """Which split an open value belongs to: a stable fifth of all values is held out."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return "heldout" if hashlib.sha256(text.encode()).digest()[0] % HELD_OUT == 0 else "train"


@dataclass(frozen=True)
class Place:
    """Where in a tool's arguments a value is drawn, and how."""

    rng: random.Random
    root: dict[str, Any]
    about: str
    """The tool's name and description: what unclear parameter names mean."""
    split: Split
    unusual: bool = False
    optional: float = 0.4
    name: str = ""
    """The spoken name of the parameter."""
    described: str = ""
    depth: int = 0

    def inside(self, name: str) -> "Place":
        """The place of a part of this one."""
        return self._with(" ".join(name_words(name)) or self.name, "", self.depth + 1)

    def told(self, schema: dict[str, Any]) -> "Place":
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
            name,
            described,
            depth,
        )


def draw(schema: Any, at: Place) -> Any:
    """One value for a schema; most often valid, never checked here.

    Raises:
        UnusableTool: the schema has no end, or refers to what does not exist.
    """
    if at.depth > _DEEPEST:
        raise UnusableTool(f"{at.name}: the schema refers to itself without an end")
    schema = settle(schema, at)
    at = at.told(schema)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return at.rng.choice([v for v in schema["enum"] if v is not None] or [None])
    return _DRAWERS[type_of(schema)](schema, at)


def settle(schema: Any, at: Place) -> dict[str, Any]:
    """Follow $ref, merge allOf, choose a branch of anyOf and oneOf: a schema without these."""
    settled: dict[str, Any] = schema if isinstance(schema, dict) else {}
    for _ in range(_DEEPEST):
        turn = next((keyword for keyword in _TURNS if keyword in settled), None)
        if turn is None:
            return settled
        rest = {k: v for k, v in settled.items() if k != turn}
        for part in _TURNS[turn](settled[turn], at):
            rest = merge(part, rest)
        settled = rest
    raise UnusableTool(f"{at.name}: $ref, allOf and anyOf refer to one another without an end")


def resolve(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    """What a local $ref points to; UnusableTool when it is remote or points nowhere."""
    target: Any = root
    if not reference.startswith("#"):
        raise UnusableTool(f"$ref {reference!r} is not local")
    for part in reference[1:].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, dict) or key not in target:
            raise UnusableTool(f"$ref {reference!r} points nowhere")
        target = target[key]
    found: dict[str, Any] = target if isinstance(target, dict) else {}
    return found


def merge(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two schemas that hold together; for what both say, properties and required are united."""
    united = {**first, **second}
    if "properties" in first and "properties" in second:
        united["properties"] = {**first["properties"], **second["properties"]}
    if "required" in first and "required" in second:
        united["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    for keyword, choose in (("minimum", max), ("maximum", min), ("minLength", max)):
        if keyword in first and keyword in second:
            united[keyword] = choose(first[keyword], second[keyword])
    return united


def type_of(schema: dict[str, Any]) -> str:
    """The type that a value gets: of several the first that is not null; guessed when unsaid."""
    said = schema.get("type")
    if isinstance(said, str):
        return said
    if said:
        return next((name for name in said if name != "null"), "null")
    hints = (("properties", "object"), ("items", "array"), ("minimum", "number"))
    return next((name for keyword, name in hints if keyword in schema), "string")


def _branch(branches: list[Any], at: Place) -> dict[str, Any]:
    usable = [b for b in branches if isinstance(b, dict) and not _is_null(b)]
    plain = [b for b in usable if "$ref" not in b] if at.depth > _SHALLOW else usable
    chosen = at.rng.choice(plain or usable or [{"type": "null"}])
    return dict(chosen)


def _is_null(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "null" or schema.get("const", 0) is None


def _object(schema: dict[str, Any], at: Place) -> dict[str, Any]:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    chance = at.optional if at.depth <= _SHALLOW else 0.0
    value = {
        name: draw(part, at.inside(name))
        for name, part in properties.items()
        if name in required or at.rng.random() < chance
    }
    value |= {name: draw({}, at.inside(name)) for name in required if name not in value}
    extra = schema.get("additionalProperties")
    free = not properties and extra is not False and at.depth > 0
    missing = max(schema.get("minProperties", 0) - len(value), 0)
    for _ in range(missing or (at.rng.randint(1, 2) if free or isinstance(extra, dict) else 0)):
        value[_key(schema, at)] = draw(extra if isinstance(extra, dict) else {}, at.inside("value"))
    return value


def _key(schema: dict[str, Any], at: Place) -> str:
    rule = schema.get("propertyNames")
    if rule:
        return str(draw({"type": "string", **rule}, at.inside("key")))
    return at.rng.choice(words.COLUMNS)


def _array(schema: dict[str, Any], at: Place) -> list[Any]:
    first = schema.get("prefixItems", [])
    value = [draw(part, at.inside("item")) for part in first]
    if schema.get("items") is False:
        return value
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", max(3, least)), max(3, least))
    shallow = at.depth <= _SHALLOW
    wanted = at.rng.choice([n for n in (1, 1, 2, 2, 3) if least <= n <= most] or [least])
    part = at.deeper()
    while len(value) < (wanted if shallow else least):
        value.append(_new_item(schema.get("items", {}), value, part))
    return value


def _new_item(schema: Any, earlier: list[Any], at: Place) -> Any:
    item = draw(schema, at)
    for _ in range(DRAWS):
        if item not in earlier:
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
    for _ in range(DRAWS):
        value = _sized(write(at.rng), schema, at.rng)
        if closed or split_of(value) == at.split:
            break
    return value


def example_values(schema: dict[str, Any]) -> list[str]:
    """The values that a schema or its description give as examples."""
    said = [v for v in schema.get("examples", ()) if isinstance(v, str)]
    return said or list(quoted_examples(schema.get("description", "")))


def string_writer(schema: dict[str, Any], at: Place) -> Callable[[random.Random], str]:
    """What writes a string for a schema: its format, pattern, examples, or the parameter's name."""
    if form := KINDS.get(schema.get("format", "")):
        return form
    if pattern := schema.get("pattern"):
        return lambda rng: matching(pattern, rng) or rng.choice(words.NOUNS)
    kind = kind_of(at.name, at.described, at.about)
    examples = example_values(schema)
    if examples and (kind in VAGUE or any(map(kind_of_example, examples))) and kind != "zone":
        return lambda rng: _like(rng.choice(examples), rng)
    if at.unusual and kind in UNUSUAL:
        return UNUSUAL[kind]
    plain = KINDS[kind]
    if at.unusual and kind in TEXTS:
        return lambda rng: plain(rng) + rng.choice(words.UNUSUAL_TAILS)
    return plain


def _like(example: str, rng: random.Random) -> str:
    kind = kind_of_example(example)
    return KINDS[kind](rng) if kind else example


def _sized(text: str, schema: dict[str, Any], rng: random.Random) -> str:
    while len(text) < schema.get("minLength", 0):
        text = f"{text} {rng.choice(words.NOUNS)}"
    most = schema.get("maxLength", len(text))
    return text[:most].rstrip() or text[:most] if len(text) > most else text


_TURNS: dict[str, Callable[[Any, Place], list[dict[str, Any]]]] = {
    "$ref": lambda value, at: [resolve(value, at.root)],
    "allOf": lambda value, at: [settle(part, at) for part in value],
    "anyOf": lambda value, at: [_branch(value, at)],
    "oneOf": lambda value, at: [_branch(value, at)],
}
_DRAWERS: dict[str, Callable[[dict[str, Any], Place], Any]] = {
    "object": _object,
    "array": _array,
    "number": _number,
    "integer": _number,
    "string": _string,
    "boolean": lambda _schema, at: at.rng.random() < 0.5,
    "null": lambda _schema, _at: None,
}
