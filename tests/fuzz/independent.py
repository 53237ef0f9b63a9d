"""A second opinion on calls: the package jsonschema, which nothing of ours is built on.

Formats are not asserted (the two packages know different ones), and a pattern that the module
``regex`` cannot read, or not run in a second, is taken as met.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import regex
from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    ValidationError,
)
from jsonschema.exceptions import SchemaError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import SchemaResource

from tasks.domain.schemas.by_identity import ByIdentity

_KINDS = {
    "2020-12": Draft202012Validator,
    "2019-09": Draft201909Validator,
    "draft-07": Draft7Validator,
    "draft-06": Draft6Validator,
    "draft-04": Draft4Validator,
}


def fault_of(arguments: Any, schema: dict[str, Any]) -> str:
    """Why arguments are not valid in the schema's dialect, nor in any other; empty when valid.

    The tool list's reader takes a schema in the newest dialect in which it is valid itself, unless
    it names one.
    """
    faults = []
    for kind, validator in _validators(ByIdentity(schema)):
        try:
            fault = next(validator.iter_errors(arguments), None)
        except (Unresolvable, RecursionError, ValueError, TypeError, AttributeError, re.error):
            continue  # no schema of this dialect, or a name's pattern not one of Python's
        if fault is None:
            return ""
        faults.append(f"{kind}: {fault.json_path}: {fault.message}"[:400])
        if kind in str(schema.get("$schema")):
            break
    return faults[0] if faults else ""


@lru_cache(maxsize=64)
def _validators(schema: ByIdentity) -> list[tuple[str, Any]]:
    """(dialect, validator) for each in which the schema is valid, the one that it names first."""
    named = [name for name in _KINDS if name in str(schema.value.get("$schema"))]
    body = {key: value for key, value in schema.value.items() if key != "$schema"}
    registry: Registry[SchemaResource] = Registry()
    validators = []
    for name in dict.fromkeys((*named, *_KINDS)):
        try:
            _KINDS[name].check_schema(body)
        except (SchemaError, Unresolvable, RecursionError, ValueError, TypeError, AttributeError):
            continue
        validators.append((name, _strict(name)(body, registry=registry)))
    return validators


@cache
def _strict(name: str) -> Any:
    return extend(_KINDS[name], {"pattern": _pattern, "multipleOf": _multiple_of})


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and _is_missed(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _is_missed(pattern: str, value: str) -> bool:
    try:
        return not regex.search(pattern, value, timeout=1)
    except (regex.error, TimeoutError, RecursionError, OverflowError):
        return False


def _multiple_of(_: Any, step: Any, value: Any, __: Any) -> Iterator[ValidationError]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # By the decimal digits that both are written in: 0.3 is three times 0.1.
    if is_number and Fraction(repr(value)) % Fraction(repr(step)):
        yield ValidationError(f"{value} is not a multiple of {step}")
