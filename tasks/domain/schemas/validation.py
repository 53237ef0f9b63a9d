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
    meta,
)

from tasks.domain.errors import UnusableTool
from tasks.domain.schemas.forms import mapped
from tasks.domain.schemas.keywords import in_known_keywords
from tasks.domain.schemas.limits import SIZES, endless, excess, lost_reference, oversized

_DIALECTS: dict[str, type[Validator]] = {
    "draft/2020-12/schema": Draft202012Validator,
    "draft/2019-09/schema": Draft201909Validator,
    "draft-07/schema": Draft7Validator,
    "draft-06/schema": Draft6Validator,
    "draft-04/schema": Draft4Validator,
}
_WITHOUT_DEFS = {
    Draft7Validator: "draft-07",
    Draft6Validator: "draft-06",
    Draft4Validator: "draft-04",
}
"""They call ``definitions`` what is ``$defs`` since 2019, and so leave those unchecked."""
_SMALL, _LARGE = (
    FancyRegexOptions(backtrack_limit=100_000, size_limit=size, dfa_size_limit=1 << 20)
    for size in (1 << 18, 1 << 24)
)
"""3 ms of backtracking; a quarter of a megabyte, and the 16 MB that ``[\\p{L}]{1,255}`` takes."""
MOST_LOOKED_AT = 200
"""Parameters of a broken schema that are looked at one by one."""
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
    """A schema to draw values for: ``false`` for optional parameters whose own cannot be used.

    Raises:
        UnusableTool: the schema itself cannot be used.
    """
    return _judged(schema)[1]


def unusable_parts(schema: Any) -> dict[str, str]:
    """Why each of the optional parameters that ``usable`` denies cannot be used."""
    return _judged(schema)[2]


def faults_of(value: Any, check: Validator) -> Iterator[str]:
    """What is wrong with a value, as 'parameter.path: message'."""
    try:
        for error in check.iter_errors(value):
            place = ".".join(map(str, error.instance_path)) or "arguments"
            yield f"{place}: {_shortened(error.message)}"
    except UnicodeEncodeError:
        yield "arguments: half of a surrogate pair, needed text"


def _judged(schema: Any) -> tuple[Validator, Any, dict[str, str]]:
    text = _as_text(schema)
    return _judge(text) or _judge_large(text)


def _as_text(schema: Any) -> str:
    try:
        return json.dumps(schema)
    except RecursionError as error:
        raise UnusableTool("not a valid JSON Schema: nested too deeply") from error


@lru_cache(maxsize=512)
def _judge(text: str) -> tuple[Validator, Any, dict[str, str]] | None:
    schema = json.loads(text, object_hook=_as_meant)
    if fault := excess(schema):
        raise UnusableTool(f"not a usable JSON Schema: {fault}")
    try:
        return _compiled(schema, _SMALL), in_known_keywords(schema), {}
    except UnusableTool:
        return None


@lru_cache(maxsize=16)
def _judge_large(text: str) -> tuple[Validator, Any, dict[str, str]]:
    """Looked at again: a schema with a large pattern, or one that is not valid."""
    schema = json.loads(text, object_hook=_as_meant)
    try:
        return _compiled(schema), in_known_keywords(schema), {}
    except UnusableTool as fault:
        rest, reasons = _without_unusable(schema)
        if not reasons:
            raise
        try:
            return _compiled(rest), in_known_keywords(rest), reasons
        except UnusableTool:
            raise fault from None


def check_schema(schema: Any) -> None:
    """Look whether a schema is valid; whether its patterns can be run is left open.

    Raises:
        UnusableTool: it is not, or takes too much to work with.
    """
    if not has_hard_patterns(schema):
        validator(schema)


def _as_meant(part: dict[str, Any]) -> dict[str, Any]:
    """An object in which a size of 2.0, which JSON Schema allows, is 2, and "" is the whole schema.

    jsonschema-rs 0.61 ignores a reference to "".
    """
    if part.get("$ref") == "":
        part["$ref"] = "#"
    for keyword in SIZES & part.keys():
        if isinstance(part[keyword], float) and part[keyword].is_integer():
            part[keyword] = int(part[keyword])
    return part


def has_hard_patterns(schema: Any) -> bool:
    """Whether a schema's patterns take a quarter of a megabyte, or cannot be run at all."""
    if _judge(_as_text(schema)) is not None:
        return False
    try:
        _compiled(_without_patterns(schema), _SMALL)
    except UnusableTool:
        return False
    return True


def _without_patterns(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_patterns(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_patterns(part)
        for key, part in schema.items()
        if not (key == "pattern" and isinstance(part, str)) and key != "patternProperties"
    }


def _compiled(schema: Any, patterns: FancyRegexOptions = _LARGE) -> Validator:
    """A validator in the dialect that the schema names, else in the newest in which it is valid."""
    if fault := oversized(schema) or _endless(schema):
        raise UnusableTool(f"not a usable JSON Schema: {fault}")
    dialect = schema.get("$schema") if isinstance(schema, dict) else None
    own = [kind for name, kind in _DIALECTS.items() if name in str(dialect)]
    if isinstance(schema, dict) and not own:
        schema = _without_dialect(schema)
    first: Exception | None = None
    for kind in dict.fromkeys((*own, *_DIALECTS.values())):
        try:
            _check_defs(schema, kind)
            return kind(schema, validate_formats=True, pattern_options=patterns, offline=True)
        except (ValueError, ReferencingError) as error:
            first = first or error
            if str(error).partition("\n")[0].endswith('is not a "regex"'):
                break  # in no dialect
    reason = _lost_reference(schema) or _reason(first)
    raise UnusableTool(f"not a valid JSON Schema: {reason}") from first


def _check_defs(schema: Any, kind: type[Validator]) -> None:
    """Hold ``$defs`` against a dialect that does not know them: references may lead there."""
    if not isinstance(schema, dict) or kind not in _WITHOUT_DEFS:
        return
    renamed = mapped(schema, _with_definitions)
    if renamed != schema:  # else the dialect's validator sees all of it
        dialect = f"http://json-schema.org/{_WITHOUT_DEFS[kind]}/schema#"
        meta.validate(renamed | {"$schema": dialect})


def _with_definitions(part: dict[str, Any]) -> dict[str, Any]:
    """A schema with its ``$defs`` among its ``definitions``."""
    maps = [part[key] for key in ("definitions", "$defs") if isinstance(part.get(key), dict)]
    if "$defs" not in part or not maps:
        return part
    rest = {key: part[key] for key in part if key != "$defs"}
    return rest | {"definitions": {name: each for one in maps for name, each in one.items()}}


def _lost_reference(schema: Any) -> str:
    try:
        return lost_reference(schema)
    except UnusableTool:
        return ""  # a part is no schema, which JSON Schema says better


def _endless(schema: Any) -> str:
    try:
        return endless(schema)
    except UnusableTool as fault:
        try:  # JSON Schema's own words, where it has some
            meta.validate(_without_dialect(schema))
        except ValidationError as error:
            raise UnusableTool(f"not a valid JSON Schema: {_reason(error)}") from fault
        raise


def _without_dialect(schema: Any) -> Any:
    return {key: schema[key] for key in schema if key != "$schema"}


def _reason(error: Exception | None) -> str:
    if isinstance(error, ValidationError):
        place = ".".join(map(str, error.instance_path))
        return _shortened(f"{place}: {error.message}" if place else error.message)
    return _shortened(str(error))


def _shortened(message: str) -> str:
    text = " ".join(message.split())
    return text if len(text) <= _MOST_SAID else f"{text[: _MOST_SAID - 1]}…"


def _without_unusable(schema: Any) -> tuple[Any, dict[str, str]]:
    """The schema in which optional parameters that cannot be used allow nothing, and why."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    required = (schema.get("required") or []) if isinstance(schema, dict) else []
    if not isinstance(properties, dict) or not isinstance(required, list):
        return schema, {}
    if len(properties) > MOST_LOOKED_AT:
        return schema, {}
    usable = {name: name in required and part for name, part in properties.items()}
    reasons: dict[str, str] = {}
    for name in (name for name in properties if name not in required):
        try:
            _compiled({**schema, "properties": {**usable, name: properties[name]}})
            usable[name] = properties[name]
        except UnusableTool as fault:
            reasons[name] = str(fault)
    return {**schema, "properties": usable}, reasons
