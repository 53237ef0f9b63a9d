"""Values as people say them, each in a form that a reader can turn back into the value."""

import json
import random
import re
import unicodedata
from typing import Any

from tasks.domain.identifiers import spoken
from tasks.domain.writing.phrasing.forms import is_said, spoken_form
from tasks.domain.writing.values.kinds import PATHS, TEXTS

_ESCAPED = ("\\n", "\\t", "\\r")
"""White space in JSON that stands in a text: its letter is no part of the word behind it."""
BARE_NAME_SHARE = 0.6
"""Share of names that have no quotes around them."""
_NAME = re.compile(r"[\w.-]+|[A-Z][\w.'-]*( [A-Z][\w.'-]*){1,2}")
_HEADS = ("name", "title", "from", "id", "label", "key", "path", "url")


def verbalize(value: Any, kind: str, rng: random.Random, *, verbatim: bool = False) -> str:
    """A value inside a sentence: words in quotes, everything else bare, lists joined.

    ``verbatim``: never in one of its spoken forms.
    """
    if isinstance(value, list) and any(isinstance(part, list) for part in value):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        parts = [verbalize(part, kind, rng, verbatim=verbatim) for part in value]
        return listed(parts, "; " if any(isinstance(part, dict) for part in value) else ", ")
    if isinstance(value, dict):
        return flattened(value, rng)
    if isinstance(value, bool):
        return "yes" if value else "no"
    form = None if verbatim else spoken_form(value, kind, rng)
    if form is not None:
        return form
    if not isinstance(value, str):
        return json.dumps(value)
    is_wordy = " " in value and (kind in PATHS or kind in ("object", "array", "string"))
    return quoted(value) if kind in TEXTS or is_wordy else value


def quoted(text: str) -> str:
    """A text between quotes that it does not hold itself."""
    if '"' not in text:
        return f'"{text}"'
    return f"'{text}'" if "'" not in text else f"«{text}»"


def bare_name(words: str, value: Any, rng: random.Random) -> str:
    """What is said of a value, at times without quotes where it is a name: none need "Anna Weber".

    Names are single words, and up to three with a capital each.
    """
    parts = value if isinstance(value, list) else [value]
    is_name = all(isinstance(part, str) and _NAME.fullmatch(part) for part in parts)
    return words.replace('"', "") if is_name and rng.random() < BARE_NAME_SHARE else words


def listed(parts: list[str], comma: str = ", ") -> str:
    """'a', 'a and b', 'a, b and c'."""
    if not parts:
        return "nothing"
    if comma != ", ":
        return comma.join(parts)
    return f"{comma.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def flattened(value: dict[str, Any], rng: random.Random) -> str:
    """An object in words: what it is called first, then its other parts with their names."""
    keys = list(value)
    if len(keys) == 2 and keys[0].lower().startswith("old") and keys[1].lower().startswith("new"):
        old, new = (verbalize(value[key], "text", rng) for key in keys)
        return f"replace {old} with {new}"
    if keys[:2] == ["from", "to"]:
        old, new = (verbalize(value[key], "object", rng) for key in ("from", "to"))
        start = f"from {old} to {new}"
        return _with_rest(start, {k: value[k] for k in keys[2:]}, rng)
    head = next((k for k in keys if k.lower().endswith(_HEADS) and isinstance(value[k], str)), None)
    if head is None:
        return listed([_part(k, v, rng) for k, v in value.items()]) if value else "nothing in it"
    rest = {key: part for key, part in value.items() if key != head}
    return _with_rest(quoted(value[head]), rest, rng)


def _with_rest(start: str, rest: dict[str, Any], rng: random.Random) -> str:
    return f"{start} ({', '.join(_part(k, v, rng) for k, v in rest.items())})" if rest else start


def _part(key: str, value: Any, rng: random.Random) -> str:
    inner = verbalize(value, "object", rng)
    return f"{spoken(key)} [{inner}]" if isinstance(value, dict) else f"{spoken(key)} {inner}"


def mentions(text: str, value: Any, kind: str = "") -> bool:
    """Whether every leaf of a value can be read off a text, as whole words.

    Booleans and null are said in words, which nobody can tell from others: they count as said.
    """
    if isinstance(value, dict):
        return all(mentions(text, part) for part in value.values())
    if isinstance(value, list):
        whole = json.dumps(value, ensure_ascii=False) in text
        return whole or all(mentions(text, part, kind) for part in value)
    if value is None or isinstance(value, bool):
        return True
    if is_said(text, value, kind):
        return True
    return _holds(text, value) if isinstance(value, str) else _has_number(text, json.dumps(value))


def is_mentioned(value: Any, text: str, how: str) -> bool:
    """Whether a text says a value of a kind: as it is, in a spoken form, or in another case."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return mentions(text, value, how) or mentions(_folded(text), _folded(value), how)


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        # Keyboards write ü as one sign or as two.
        return unicodedata.normalize("NFC", value.casefold())
    if isinstance(value, list):
        return [_folded(part) for part in value]
    if isinstance(value, dict):
        return {key: _folded(part) for key, part in value.items()}
    return value


def _holds(text: str, value: str) -> bool:
    """Whether a value stands in a text and is no part of a longer word: no "main" in "remains".

    Only ASCII letters, digits and ``_`` make words here; other scripts write without spaces.
    """
    start = text.find(value)
    while start >= 0:
        if not (_is_inside_word(text, start) or _is_inside_word(text, start + len(value))):
            return True
        start = text.find(value, start + 1)
    return False


def _is_inside_word(text: str, place: int) -> bool:
    if not 0 < place < len(text) or text[max(place - 2, 0) : place] in _ESCAPED:
        return False
    return _is_of_word(text[place - 1]) and _is_of_word(text[place])


def _is_of_word(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign == "_")


def _has_number(text: str, number: str) -> bool:
    return re.search(rf"(?<![\d.]){re.escape(number)}(?!\d|\.\d)", text) is not None
