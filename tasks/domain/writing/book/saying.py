"""A line of a phrasebook with values in its slots, as somebody types it."""

import random
import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from tasks.domain.writing.book.filling import unsaid_parameters
from tasks.domain.writing.book.inner_slots import kept_words, words_of
from tasks.domain.writing.phrasebook import RequestLine, fill, slots
from tasks.domain.writing.phrasing.clauses import clause
from tasks.domain.writing.phrasing.requests import type_with_care
from tasks.domain.writing.phrasing.spoken import bare_name, verbalize
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.values.kinds import SPANS

BARE_END_SHARE = 0.5
"""Share of texts that end with words of the user's own, and have no quotes around these."""
_END = re.compile(r"[.!?…]*$")


@dataclass(frozen=True)
class Spoken:
    """A text, and the arguments that it says."""

    text: str
    values: dict[str, Any]


def say_line(
    line: RequestLine, arguments: dict[str, Any], wording: Wording, rng: random.Random
) -> Spoken | None:
    """The line with its call's values; None where one of them cannot be read off the text.

    What the tool requires and the line does not say is added in the schema's words.
    """
    wording = wording.for_one(rng)
    names = slots(line.text)
    rest = unsaid_parameters(wording.maker, names, line.fixed)
    spoken_values = wording.spoken_values(
        {n: v for n, v in arguments.items() if n in names or n in rest}
    )
    text = say_text(line.text, arguments, wording, rng)
    for name in rest:
        text = _with_clause(text, name, arguments[name], wording, rng)
    if not wording.says(text, spoken_values):
        return None
    exact_words = kept_words(text, arguments)
    return Spoken(type_keeping(exact_words, text, spoken_values, wording, rng), spoken_values)


def type_keeping(
    exact_words: Set[str], text: str, values: dict[str, Any], wording: Wording, rng: random.Random
) -> str:
    """The text as it is typed, where these words survive that."""
    careless = type_with_care(wording, text, values, rng)
    return careless if exact_words <= words_of(careless) else text


def say_text(text: str, arguments: dict[str, Any], wording: Wording, rng: random.Random) -> str:
    """A text with a value in each slot, said as people say values of its kind."""
    kind = wording.maker.kind
    values = {
        name: say_value(text, name, arguments[name], kind(name), wording.verbatim, rng)
        for name in slots(text)
    }
    return fill(text, values)


def say_value(
    text: str, name: str, value: Any, kind: str, verbatim: bool, rng: random.Random
) -> str:
    """A value as it is said in its slot: without quotes of its own where the text has some."""
    slot = "{" + name + "}"
    place = text.index(slot)
    before, behind = text[:place], text[place + len(slot) :]
    if isinstance(value, str) and _is_quoted(before, behind):
        return str(value)
    is_exact = verbatim or _is_glued(before, behind, kind)
    words = verbalize(value, kind, rng, verbatim=is_exact)
    words = bare_name(words, value, rng)
    is_own = isinstance(value, str) and words[1:-1] == value
    if is_own and not behind.strip(" .!?") and (not before or rng.random() < BARE_END_SHARE):
        return str(value)
    return words


def _is_glued(before: str, behind: str, kind: str) -> bool:
    """Whether other words would not fit: in "-n{count}", "ttl={age}" and "for {age} seconds"."""
    is_part = _OPENS.search(before) or _CLOSES.match(behind)
    return is_part is not None or (kind in SPANS and _UNIT.match(behind) is not None)


_OPENS = re.compile(r"[\w=:~@#/\[-]$")
_CLOSES = re.compile(r"[\w/\]]|:\w")
_UNIT = re.compile(r"(?i)[ -]?(?:ms|[smh]|secs?|seconds?|mins?|minutes?|hrs?|hours?)\b")


def _is_quoted(before: str, behind: str) -> bool:
    pairs = (('"', '"'), ("'", "'"), ("`", "`"), ("“", "”"), ("«", "»"))
    return (before[-1:], behind[:1]) in pairs


def _with_clause(text: str, name: str, value: Any, wording: Wording, rng: random.Random) -> str:
    kind = wording.maker.kind(name)
    added = clause(name, value, kind, frozenset(), rng, verbatim=wording.verbatim)
    end = _END.search(text)
    place = end.start() if end else len(text)
    return f"{text[:place]} {added.text}{text[place:]}"
