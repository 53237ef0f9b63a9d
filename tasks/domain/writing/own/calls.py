"""Calls as people's files have them: objects of any maker's form, and calls in an answer's text."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from profiles.section import beginning
from tasks.domain.errors import UnusableData
from tasks.domain.toolcalls import OPEN
from tasks.domain.untrusted.decoding import KeyTwice, unambiguous

MOST_LEVELS = 50
"""Lists and objects inside each other: what checks and renders them takes several frames each."""
_TAG = r"(?:tool|function)_?calls?|(?:TOOL|FUNCTION)_?CALLS?"
_BLOCK = re.compile(rf"<({_TAG})>(.*?)(?:</\1>|\Z)", re.DOTALL)
"""Calls between tags, as Hermes (ours), Glaive and Nemotron (``<TOOLCALL>``) name them."""
_OTHER_DIALECT = re.compile(
    rf"<[^<>\n]{{0,20}}(?:{_TAG}|(?:tool|function)▁calls?|tool_(?:use|code)\b)"
    r"|<function=|<invoke\b|<use_mcp_tool>|<\|(?:python_tag|channel|recipient|plugin)\|>"
    r"|\[TOOL_CALLS\]|functools\[|✿FUNCTION✿|```tool_code|^Action Input:|^Action:(?=\s*[`{])",
    re.M,
)
"""How calls begin in the text of models whose dialect is not read here."""
CALL_KEYS = ("function", "functionCall", "function_call")
"""Where a call's name and arguments stand when they are not the object itself."""
_IDS = ("id", "call_id", "tool_call_id")
_ARGUMENTS = ("arguments", "args", "parameters", "input")
_BESIDE = {"name", "type", "index", "status", "function", "description", "caller", *_IDS}
"""What a call without arguments may say of itself; under any other key they may be meant."""
_GLAIVE = re.compile(
    r"""\{\s*["']name["']:\s*["']([^"']+)["'],\s*["']arguments["']:\s*'(.*)'\s*\}""", re.S
)
"""Glaive's calls: JSON between single quotes, which it may hold too."""
_BETWEEN = re.compile(r"[\s,;]*")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class OwnCall:
    """One call of a person's row."""

    name: str
    arguments: dict[str, Any]
    id: str | None = None
    is_text: bool = False
    """Whether the arguments were JSON text; in an object a columnar store may have put nulls."""


def call_of(value: Any) -> OwnCall:
    """A call from an object of OpenAI's form or the older one, Anthropic's, Gemini's, Llama's.

    Raises:
        UnusableData: it has no name, or arguments that are no object.
    """
    outer = value if isinstance(value, dict) else {}
    inner = next((outer[key] for key in CALL_KEYS if isinstance(outer.get(key), dict)), outer)
    name = inner.get("name")
    if not isinstance(name, str) or not name:
        raise UnusableData(f"a call without a function's name: {excerpt(value)}")
    arguments = _arguments_in(inner, outer)
    identity = next((part[key] for part in (outer, inner) for key in _IDS if part.get(key)), None)
    is_text = isinstance(arguments, str)
    return OwnCall(name, _decoded(arguments, name), identity and str(identity), is_text)


def _arguments_in(inner: dict[str, Any], outer: dict[str, Any]) -> Any:
    for key in _ARGUMENTS:
        value = next((part[key] for part in (inner, outer) if part.get(key) is not None), None)
        if value is not None:
            return value
    other = next((key for key in inner if key not in (*_BESIDE, *_ARGUMENTS) and inner[key]), None)
    if other is not None:
        raise UnusableData(
            f"the call of {inner['name']!r} has {other!r}, needed its arguments under 'arguments'"
        )
    return {}


def _decoded(arguments: Any, name: str) -> dict[str, Any]:
    value = arguments
    for _ in range(2):  # some exporters write the text of a text
        if isinstance(value, str):
            values = values_of(value, f"the arguments of {name!r}") or [{}]
            value = values[0] if len(values) == 1 else values
    if value in ([], None):  # PHP's empty object, and the text of null
        return {}
    if not isinstance(value, dict):
        raise UnusableData(
            f"the arguments of {name!r} are {excerpt(arguments)}, needed a JSON object, or its text"
        )
    return value


def calls_of(value: Any) -> tuple[OwnCall, ...]:
    """The calls of an object, of a list, or of the text of either; UnusableData for all else."""
    if isinstance(value, str):
        value = _glaive_call(value) or values_of(value, "a call")
    if isinstance(value, list):
        return tuple(call for one in value for call in calls_of(one))
    return (call_of(value),)


def _glaive_call(text: str) -> dict[str, Any] | None:
    match = _GLAIVE.fullmatch(text.strip())
    try:
        arguments = json.loads(match[2], object_pairs_hook=unambiguous) if match else None
    except (ValueError, RecursionError):
        return None  # else it may be a literal of Python's
    return {"name": match[1], "arguments": arguments} if match and arguments is not None else None


def spoken_calls(text: str) -> tuple[str, tuple[OwnCall, ...]]:
    """What an answer says beside its calls, and the calls that stand in its text.

    Raises:
        UnusableData: what stands between the tags is no call, or another dialect is spoken.
    """
    calls = tuple(call for _, body in _BLOCK.findall(text) for call in calls_of(body))
    rest = _BLOCK.sub("", text).strip() if calls else text
    if other := _OTHER_DIALECT.search(rest):
        mark = other[0]
        raise UnusableData(f"found a call that begins with {mark!r}, needed {OPEN} or tool_calls")
    return rest, calls


def values_of(text: str, what: str) -> list[Any]:
    """The JSON values of a text, one behind the other, or one value as Python prints it.

    Raises:
        UnusableData: there is something else; ``what`` opens the message.
    """
    decoder, at, values = json.JSONDecoder(object_pairs_hook=unambiguous), 0, []
    text = text.strip()
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            values.append(checked(value))
            at = behind_gap(text, at)
    except KeyTwice as error:
        raise UnusableData(f"{what}: {error}") from error
    except (ValueError, RecursionError) as error:
        return [_literal(text, what, error)]
    return values


def behind_gap(text: str, at: int) -> int:
    """The place behind blanks and what stands between values."""
    gap = _BETWEEN.match(text, at)
    return gap.end() if gap else at


def _pairs(part: ast.Dict) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The keys and values of a dict, without those that ``**`` takes from another."""
    return ((key, value) for key, value in zip(part.keys, part.values, strict=True) if key)


def _literal(text: str, what: str, fault: Exception) -> Any:
    try:
        tree = ast.parse(text, mode="eval")
        for part in ast.walk(tree):
            if isinstance(part, ast.Dict):
                unambiguous((ast.unparse(k), ast.unparse(v)) for k, v in _pairs(part))
        # By way of JSON, which has no sets, bytes or tuples.
        value = json.loads(json.dumps(ast.literal_eval(tree), allow_nan=False))
        return checked(value)
    except KeyTwice as error:
        raise UnusableData(f"{what}: {error}") from error
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise UnusableData(
            f"{what}: neither JSON ({fault}) nor a Python literal: {excerpt(text)}"
        ) from error


def checked(value: Any, levels: int = MOST_LEVELS) -> Any:
    """A decoded value, if all that is done with rows can be done with it.

    Raises:
        ValueError: nested too deep, a number that JSON or a float does not have, or half of a
            surrogate pair, which no file can hold.
    """
    if not levels:
        raise ValueError(f"nested deeper than {MOST_LEVELS} levels")
    if isinstance(value, dict | list | tuple):
        parts = (*value, *value.values()) if isinstance(value, dict) else value
        for part in parts:
            checked(part, levels - 1)
    elif isinstance(value, str) and _SURROGATE.search(value):
        raise ValueError(f"half of a surrogate pair in {excerpt(value)}")
    elif isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
        raise ValueError("a number that JSON does not have, or beyond a float")
    return value


def excerpt(value: Any) -> str:
    """A value for a message: its beginning, on one line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return repr(beginning(text, 80))
