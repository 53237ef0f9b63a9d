"""Single settings of a profile, changed for one run: ``training.learning_rate=1e-4``.

They travel behind the profile's name, with blanks between: every stage of a run reads the same.
"""

import json
import re
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from profiles.section import UNREADABLE, ProfileError, explain
from profiles.training import Profile

_EXAMPLE = "training.learning_rate=1e-4"
_LENGTH = "training.max_seq_length"
_QUOTED_OR_BLANK = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|\s+")


def profile_text(name: str, changes: Sequence[str]) -> str:
    """A profile's name with changes behind it."""
    return " ".join([name, *map(_without_blanks, changes)])


def _without_blanks(change: str) -> str:
    """The same change in one word: blanks of a text are escaped, others mean nothing."""
    place, equals, value = change.partition("=")
    value = value.strip()
    if _value(value) == value and len(value.split()) > 1:  # a text without quotes
        value = json.dumps(value, ensure_ascii=False)
    return "".join(place.split()) + equals + _QUOTED_OR_BLANK.sub(_escaped, value)


def _escaped(match: re.Match[str]) -> str:
    token = match[0]
    if token.isspace():
        return ""
    if token.startswith("'") and len(token.split()) > 1:
        token = json.dumps(token[1:-1], ensure_ascii=False)  # TOML escapes nothing in these
    return re.sub(r"\s", lambda blank: f"\\u{ord(blank[0]):04x}", token)


def with_changes(profile: Profile, changes: Sequence[str]) -> Profile:
    """The profile with these settings.

    Raises:
        ProfileError: a setting is not known, or its value is out of its bounds.
    """
    if not changes:
        return profile
    content: dict[str, Any] = profile.model_dump()
    content["training"]["report_to"] = profile.training.report_to  # excluded: no part of a recipe
    if any(change.partition("=")[0] == _LENGTH for change in changes):
        content["training"]["grows"] = False  # a length that is set is kept; "auto" grows again
    for change in changes:
        _set(content, change)
    try:
        return Profile.model_validate(content | {"changes": tuple(changes)})
    except ValidationError as error:
        raise ProfileError(f"{' '.join(changes)}: {explain(error)}") from error


def _set(content: dict[str, Any], change: str) -> None:
    place, equals, text = change.partition("=")
    *sections, name = place.split(".")
    section: Any = content
    for one in sections:
        section = section.get(one) if isinstance(section, dict) else None
    if not equals or not isinstance(section, dict) or name not in section:
        near = get_close_matches(place, _names(content), 1, cutoff=0.5)
        hint = f"is it {near[0]}?" if near and equals else f"needed such as {_EXAMPLE}"
        raise ProfileError(f"{change!r} changes nothing; {hint}")
    section[name] = _value(text)


def _names(content: dict[str, Any]) -> list[str]:
    """All settings, by section."""
    inner = {
        name: _names(value) if isinstance(value, dict) else [] for name, value in content.items()
    }
    return [
        f"{name}.{one}" if one else name for name, more in inner.items() for one in more or [""]
    ]


def _value(text: str) -> Any:
    """As TOML reads it, ``none`` for nothing; what TOML cannot read is a text."""
    if text == "none":
        return None
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except UNREADABLE:
        return text
