"""A second opinion on calls: the package jsonschema, which nothing of ours is built on.

Formats are not asserted (the two packages know different ones), and a pattern that the module
``regex`` cannot read, or not run in a second, is taken as met.
"""

from collections.abc import Iterator
from fractions import Fraction
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
    named = [kind for name, kind in _KINDS.items() if name in str(schema.get("$schema"))]
    body = {key: value for key, value in schema.items() if key != "$schema"}
    faults = []
    for kind in dict.fromkeys((*named, *_KINDS.values())):
        try:
            kind.check_schema(body)
            registry: Registry[SchemaResource] = Registry()
            fault = next(_strict(kind)(body, registry=registry).iter_errors(arguments), None)
        except (SchemaError, Unresolvable, RecursionError, ValueError, TypeError, AttributeError):
            continue  # no schema of this dialect: the next one's say
        if fault is None:
            return ""
        faults.append(f"{kind.__name__}: {fault.json_path}: {fault.message}"[:400])
        if named:
            break
    return faults[0] if faults else ""


def _strict(kind: Any) -> Any:
    return extend(kind, {"pattern": _pattern, "multipleOf": _multiple_of})


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
