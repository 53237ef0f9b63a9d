"""Values held against JSON Schemas that strangers wrote: in bounded time, and nothing is fetched.

jsonschema-rs reads the dialect off ``$schema`` (draft-04 to 2020-12), patterns as ECMA 262 has
them, and runs them in a linear engine, or under a limit where a pattern looks around itself.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jsonschema_rs import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    FancyRegexOptions,
    ReferencingError,
    ValidationError,
    Validator,
)

from tasks.domain.errors import UnusableTool
from tasks.domain.schema_limits import endless, excess

_DIALECTS: dict[str, type[Validator]] = {
    "draft/2020-12/schema": Draft202012Validator,
    "draft/2019-09/schema": Draft201909Validator,
    "draft-07/schema": Draft7Validator,
    "draft-06/schema": Draft6Validator,
    "draft-04/schema": Draft4Validator,
}
_PATTERNS = FancyRegexOptions(backtrack_limit=100_000, size_limit=1 << 24, dfa_size_limit=1 << 20)
"""3 ms of backtracking; 16 MB, which ``[\\p{L}]{1,255}`` takes."""
_MOST_SAID = 300
"""Characters of a message that quotes a value."""


def validator(schema: Any) -> Validator:
    """A validator for a schema, formats checked; made once per schema.

    An optional parameter whose own schema cannot be used takes no value at all.

    Raises:
        UnusableTool: the schema itself cannot be used.
    """
    return _judged(schema)[0]


def usable(schema: Any) -> Any:
    """A schema with ``false`` for each optional parameter whose own schema cannot be used.

    Raises:
        UnusableTool: the schema itself cannot be used.
    """
    return _judged(schema)[1]


def faults_of(value: Any, check: Validator) -> Iterator[str]:
    """What is wrong with a value, as 'parameter.path: message'."""
    try:
        for error in check.iter_errors(value):
            place = ".".join(map(str, error.instance_path)) or "arguments"
            yield f"{place}: {_shortened(error.message)}"
    except UnicodeEncodeError:
        yield "arguments: half of a surrogate pair, needed text"


def _judged(schema: Any) -> tuple[Validator, Any]:
    try:
        return _judge(json.dumps(schema))
    except RecursionError as error:
        raise UnusableTool("not a valid JSON Schema: nested too deeply") from error


@lru_cache(maxsize=256)
def _judge(text: str) -> tuple[Validator, Any]:
    schema = json.loads(text)
    if fault := excess(schema) or endless(schema):
        raise UnusableTool(f"not a usable JSON Schema: {fault}")
    try:
        return _compiled(schema), schema
    except UnusableTool:
        rest = _without_unusable(schema)
        return _compiled(rest), rest


def _compiled(schema: Any) -> Validator:
    """A validator in the dialect that the schema names, else in the newest in which it is valid."""
    named = schema.get("$schema") if isinstance(schema, dict) else None
    own = [kind for name, kind in _DIALECTS.items() if name in str(named)]
    if isinstance(schema, dict) and not own:
        schema = {key: value for key, value in schema.items() if key != "$schema"}
    first: Exception | None = None
    for kind in dict.fromkeys((*own, *_DIALECTS.values())):
        try:
            return kind(schema, validate_formats=True, pattern_options=_PATTERNS, offline=True)
        except (ValueError, ReferencingError) as error:
            first = first or error
    raise UnusableTool(f"not a valid JSON Schema: {_reason(first)}") from first


def _reason(error: Exception | None) -> str:
    if isinstance(error, ValidationError):
        place = ".".join(map(str, error.instance_path))
        return _shortened(f"{place}: {error.message}" if place else error.message)
    return _shortened(str(error))


def _shortened(message: str) -> str:
    text = " ".join(message.split())
    return text if len(text) <= _MOST_SAID else f"{text[: _MOST_SAID - 1]}…"


def _without_unusable(schema: Any) -> Any:
    """The schema in which optional parameters that cannot be used allow nothing."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return schema
    required = schema.get("required") or ()
    usable = {name: name in required and part for name, part in properties.items()}
    for name, part in properties.items():
        tried = {**schema, "properties": {**usable, name: part}}
        if name not in required and _is_usable(tried):
            usable[name] = part
    return {**schema, "properties": usable}


def _is_usable(schema: Any) -> bool:
    try:
        _compiled(schema)
    except UnusableTool:
        return False
    return True
