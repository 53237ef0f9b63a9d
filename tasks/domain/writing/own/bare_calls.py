"""Calls that are a whole answer, without tags: as JSON (Llama 3) or as Python (ToolACE, Llama 3.2).

An answer that only looks like one stays an answer: its JSON has other keys.
"""

import ast
import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from tasks.domain.errors import UnusableData
from tasks.domain.toolcalls import OPEN
from tasks.domain.writing.own.calls import OwnCall, behind_gap, call_of, checked, excerpt, values_of

_FENCE = re.compile(r"```\w*[ \t]*\n")
_NAME = re.compile(r"\s*([^\W\d](?:[\w .:/-]*[\w])?)\(\s*")
_PARAMETER = re.compile(r"\s*([^\W\d][\w.-]*)\s*=\s*")
_IN_BRACKETS = re.compile(rf"\(\s*(?:\)|[\"'\d]|{_PARAMETER.pattern})")
_IN_LIST = re.compile(r"\[.*\)\s*\]\Z", re.DOTALL)
_TOKEN = re.compile(r"""\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[][(){},]""", re.DOTALL)
"""Texts, which may hold anything, and the signs that end a value."""
_KEYS = {"name", "arguments", "parameters", "id", "type"}
_MOST_CHARACTERS = 10_000
"""Of calls as Python."""
_VALUE = re.compile(r"""["']\w+["']\s*:\s*["']([^"'\n]{1,200})["']""")
_INPUT = re.compile(r"""["']\w{0,20}(?:arg|param|input)\w{0,20}["']\s*:""")
_DESCRIBED = re.compile(r"""["']properties["']\s*:""")
_WHOLE = re.compile(
    r"(?:```\w*[^\S\n]*\n)?\s*(?:>>>\s*(?P<marked>[\w.-]+)\s*\{.*\}"
    r"|(?:print\()?(?P<plain>[\w.-]+)\((?:\s*[\"'\d{\[)]|\s*\w+\s*=).*)",
    re.DOTALL,
)
_JSON_WORDS = {"true": True, "false": False, "null": None}


def bare_calls(text: str) -> tuple[OwnCall, ...]:
    """The calls that a text consists of; none where it says anything else.

    Raises:
        UnusableData: it is written as calls in Python are, and cannot be read.
    """
    body = text.strip()
    if body.endswith("```") and (fence := _FENCE.match(body)):
        body = body[fence.end() : -3].strip()
    return _in_json(body) or _in_python(body)


def check_no_call_in(text: str, names: Collection[str]) -> None:
    """Make sure that words call none of these tools in a form that is not read.

    Raises:
        UnusableData: a tool's name stands beside its arguments in JSON of another form, or the
            whole text is a call of it.
    """
    # A tool that is described, not called, has its parameters' properties there.
    is_call = _INPUT.search(text) and not _DESCRIBED.search(text)
    values = [match[1] for match in _VALUE.finditer(text)] if is_call else []
    body = text.strip().removesuffix("```").rstrip()
    whole = _WHOLE.fullmatch(body) if body.endswith((")", "}")) else None
    if whole:
        values.append(whole["marked"] or whole["plain"])
    tool = next((name for name in values if name in names), None)
    if tool is not None:
        raise UnusableData(
            f"found a call of {tool!r} in words, {excerpt(text)}; needed {OPEN} or tool_calls"
        )


def _in_json(body: str) -> tuple[OwnCall, ...]:
    if body[:1] not in ("{", "["):
        return ()
    try:
        values = values_of(body, "a call")
    except UnusableData:
        return ()  # words that begin with a bracket
    calls = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return tuple(map(call_of, calls)) if all(map(_is_call, calls)) else ()


def _is_call(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return False
    arguments = [value[key] for key in ("arguments", "parameters") if key in value]
    is_schema = arguments and isinstance(arguments[0], dict) and "properties" in arguments[0]
    return len(arguments) == 1 and value.keys() <= _KEYS and not is_schema


def _in_python(body: str) -> tuple[OwnCall, ...]:
    """The calls of ``[first(a=1), the second(b="x")]``; names may hold blanks."""
    name = _NAME.match(body, 1) if _IN_LIST.match(body) else None
    if name is None:
        return ()
    if not _IN_BRACKETS.match(body, name.end(1)):
        return ()  # words, with others in brackets behind them
    try:
        if len(body) > _MOST_CHARACTERS:
            raise ValueError(f"have more than {_MOST_CHARACTERS} characters")
        return tuple(_each(body[1:-1]))
    except ValueError as fault:
        raise UnusableData(f"found {excerpt(body)}: calls as Python that {fault}") from fault


def _each(body: str) -> Iterator[OwnCall]:
    at = 0
    while at < len(body):
        name = _NAME.match(body, at)
        if name is None:
            raise ValueError("have something else between them")
        arguments, at = _arguments(body, name.end())
        yield OwnCall(name[1].strip(), arguments, is_text=True)
        at = behind_gap(body, at)


def _arguments(body: str, at: int) -> tuple[dict[str, Any], int]:
    """The arguments that begin at a place, and the place behind their bracket."""
    arguments: dict[str, Any] = {}
    while not body.startswith(")", at):
        parameter = _PARAMETER.match(body, at)
        if parameter is None or parameter[1] in arguments:
            raise ValueError("have an argument without a name of its own")
        arguments[parameter[1]], at = _value(body, parameter.end())
        at = behind_gap(body, at)
    return arguments, at + 1


def _value(body: str, start: int) -> tuple[Any, int]:
    """The literal that begins at a place, and the place behind it."""
    end = _end_of_value(body, start)
    try:
        tree = ast.parse(body[start:end].strip(), mode="eval").body
        # By way of JSON, which has no sets, bytes or tuples.
        text = json.dumps(ast.literal_eval(_with_json_words(tree)), allow_nan=False)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("have a value that is no literal") from error
    return checked(json.loads(text)), end


def _end_of_value(body: str, start: int) -> int:
    depth = 0
    for token in _TOKEN.finditer(body, start):
        if not depth and token[0] in (",", ")"):
            return token.start()
        depth += (token[0] in ("(", "[", "{")) - (token[0] in (")", "]", "}"))
    raise ValueError("are not closed")


def _with_json_words(tree: ast.expr) -> ast.expr:
    """A literal with JSON's words in it as Python has them."""
    for part in ast.walk(tree):
        for field, inner in ast.iter_fields(part):
            if isinstance(inner, list):
                setattr(part, field, [_constant(one) for one in inner])
    literal: ast.expr = _constant(tree)
    return literal


def _constant(node: Any) -> Any:
    if isinstance(node, ast.Name) and node.id in _JSON_WORDS:
        return ast.Constant(_JSON_WORDS[node.id])
    return node
