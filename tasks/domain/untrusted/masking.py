"""Keys that a server was given, kept out of what it says: some answer or complain with them."""

import re
from collections.abc import Mapping
from typing import Any

_LEAST_CHARACTERS = 6
_SECRET_NAME = re.compile(r"key|token|secret|passw|auth|cred|cookie|bearer|dsn|pat$", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z]+|[\d.]+|[/~.].*")
"""A word, a number or a path: what settings hold. To mask those would harm what is learned."""


def secrets_in(variables: Mapping[str, str]) -> dict[str, str]:
    """Which of the variables that a server gets are secrets: value → what stands in its place.

    The name says it, or the value, where it is no word, number or path.
    """
    return {
        text: f"${{{name}}}"
        for name, text in variables.items()
        if len(text) >= _LEAST_CHARACTERS
        and (_SECRET_NAME.search(name) or not _PLAIN.fullmatch(text))
    }


def masked(value: Any, secrets: Mapping[str, str]) -> Any:
    """Any JSON value with the secrets in its texts replaced."""
    if not secrets:
        return value
    if isinstance(value, str):
        for secret, name in secrets.items():
            value = value.replace(secret, name)
    elif isinstance(value, dict):
        return {masked(key, secrets): masked(part, secrets) for key, part in value.items()}
    elif isinstance(value, list):
        return [masked(part, secrets) for part in value]
    return value
