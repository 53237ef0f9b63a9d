"""Keywords that came with later dialects: in a schema of an earlier one they may hold anything.

Nobody checks them there, and whoever draws a value takes them at their word.
"""

from collections.abc import Callable
from typing import Any

from jsonschema_rs import meta

from tasks.domain.schemas.forms import mapped

_METASCHEMAS = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "07": "http://json-schema.org/draft-07/schema#",
    "04": "http://json-schema.org/draft-04/schema#",
}


def in_known_keywords(schema: Any) -> Any:
    """A valid schema without the keywords that are not what any dialect has them be.

    The dialect of a valid schema does not know these, so that it allows the same without them.
    """
    return mapped(schema, _as_known)


def _as_known(part: dict[str, Any]) -> dict[str, Any]:
    wrong = [key for key in _LATER.keys() & part.keys() if not _LATER[key](part[key])]
    return {key: value for key, value in part.items() if key not in wrong} if wrong else part


def _is_schema(value: Any) -> bool:
    return isinstance(value, bool) or _is_valid_in(value, "2020-12", "07")


def _is_schema_of_any_draft(value: Any) -> bool:
    """Draft-04 has flags where later ones have bounds."""
    return _is_schema(value) or _is_valid_in(value, "04")


def _is_valid_in(value: Any, *drafts: str) -> bool:
    return isinstance(value, dict) and any(
        meta.is_valid({**value, "$schema": _METASCHEMAS[draft]}) for draft in drafts
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _by_name(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(is_right, value.values()))


_LATER: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("$dynamicRef", "$recursiveRef"), _is_text),
    **dict.fromkeys(("contains", "propertyNames", "if", "then", "else"), _is_schema),
    **dict.fromkeys(("unevaluatedProperties", "unevaluatedItems"), _is_schema),
    "additionalItems": _is_schema_of_any_draft,
    **dict.fromkeys(("minContains", "maxContains"), _is_count),
    "dependentSchemas": _by_name(_is_schema),
    "dependentRequired": _by_name(_are_names),
    "dependencies": _by_name(lambda value: _is_schema_of_any_draft(value) or _are_names(value)),
    "prefixItems": lambda value: isinstance(value, list) and all(map(_is_schema, value)),
    "examples": lambda value: isinstance(value, list),
}
