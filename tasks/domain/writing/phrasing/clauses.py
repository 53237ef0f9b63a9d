"""One parameter and its value → the words that add it to a sentence, by the parameter's role."""

import random
import re
from dataclasses import dataclass
from typing import Any

from tasks.domain.identifiers import is_plural, pieces, singular, spoken, with_a, with_the
from tasks.domain.writing.phrasing.attributes import LIMITS
from tasks.domain.writing.phrasing.own_words import stem
from tasks.domain.writing.phrasing.phrases import DOCUMENT_NOUNS, Phrase
from tasks.domain.writing.phrasing.spoken import bare_name, verbalize
from tasks.domain.writing.phrasing.verbs import CREATING, MAKING, base_form
from tasks.domain.writing.values.kinds import ENDPOINTS, PATHS, ROLES, SPANS, SQL, TEXTS
from tasks.domain.writing.values.meanings import NAMED_UNIT
from tasks.domain.writing.values.parameters import UPDATING


@dataclass(frozen=True)
class Clause:
    """Words for one argument, and where they stand: smaller orders come first."""

    text: str
    order: int


_START = re.compile(r"(source|from|origin|old|src)\b")
_END = re.compile(r"(target|destination|to|dest|dst|new)\b")
_BY_NAME: tuple[tuple[str, str, int], ...] = (
    (r"^from$", "from {v}", 1),
    (r"^(min(imum)? (date|time)|(date|time) (min|from|start)|start|starts at)$", "from {v}", 5),
    (r"^(max(imum)? (date|time)|(date|time) (max|to|end)|end|ends at)$", "until {v}", 6),
    (r"^to$", "to {v}", 2),
    (r"^not contain(s|ing)$", "not containing {v}", 6),
    (r"^contain(s|ing)$", "containing {v}", 5),
    (r"^(since|after|start (date|time|timestamp)|begin (date|time))$", "since {v}", 5),
    (r"^(until|before|end (date|time|timestamp))$", "until {v}", 6),
    (r"^(topic|subject|theme|about)$", "about {v}", 4),
    (r"^exclude\b", "excluding {v}", 7),
    (r"^(sort|order|sorted|ordered)( by)?$", "sorted by {v}", 7),
    (r"^head$", "showing only the first {v} lines", 6),
    (r"^tail$", "showing only the last {v} lines", 6),
    (r"^((out(put)?|new|display) )?name$|^new (\w+ )?(name|title)$", "called {v}", 3),
    (r"^at$", "at {v}", 4),
    (r"^base( \w+)?$", "based on {v}", 5),
)
_ALSO: dict[str, tuple[str, ...]] = {
    "limited to {v}": (
        "at most {v}",
        "no more than {v}",
        "just {v} of them",
        "only {v}",
        "just the last {v}",
    ),
    "since {v}": ("after {v}", "from {v} on", "starting {v}"),
    "until {v}": ("up to {v}", "before {v}"),
    "based on {v}": ("off {v}", "starting from {v}"),
    "containing {v}": ("that contain {v}", "that have {v}"),
    "not containing {v}": ("without {v}", "that do not contain {v}"),
    "called {v}": ("named {v}",),
    "about {v}": ("on {v}", "regarding {v}"),
    "excluding {v}": ("except {v}", "but not {v}"),
    "sorted by {v}": ("ordered by {v}", "by {v}"),
    "showing only the first {v} lines": ("just the first {v} lines", "first {v} lines only"),
    "showing only the last {v} lines": ("just the last {v} lines", "last {v} lines only"),
    "against {v}": ("compared to {v}", "versus {v}", "vs {v}"),
}
"""Other words for a role: as likely, all together, as the first."""
_FORM = re.compile(r" (?:in )?(?:rfc \d+|iso ?\d+|iso|utc|unix|ms)$")
"""What a parameter's name says of the form of its values: nobody says "the end RFC 3339"."""
_SWITCHES = frozenset(
    pieces("include show with allow enable use exclude skip ignore force keep add")
)
_TEXT_SHAPES = ("with the {n} {v}", "with {n} {v}", "with {n}: {v}")
_CONTEXT_FREE = ("with {n} {v}", "with the {n} {v}")


def clause(
    name: str,
    value: Any,
    kind: str,
    used_prepositions: frozenset[str],
    rng: random.Random,
    *,
    verbatim: bool = False,
) -> Clause:
    """Say one argument.

    Args:
        name: the parameter's.
        value: what it is to be.
        kind: what its values are.
        used_prepositions: the prepositions that other parameters already use.
        rng: draws among the ways to say it.
        verbatim: whether it is said by its name and with the value as it is.
    """
    noun = spoken(name)
    if isinstance(value, bool):
        return Clause(_switch(noun, value, rng), 9)
    noun = _FORM.sub("", noun) or noun
    if isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(v, dict) for v in value)
    ):
        lead = f"with these {noun}" if is_plural(noun) else f"with this {noun}"
        return Clause(f"{lead}: {verbalize(value, 'object', rng)}", 10)
    text = verbalize(value, kind, rng, verbatim=verbatim)
    text = text if verbatim else bare_name(text, value, rng)
    if kind in SPANS and not isinstance(value, list) and text != str(value):
        return Clause(_span(noun, text, used_prepositions), 7)
    shape, order = _shape(noun, value, kind)
    if shape is None or shape.split(" {")[0] in used_prepositions:
        shape, order = _plain(noun, value, kind, rng, verbatim), 8 if kind in TEXTS else 7
    elif not verbatim and shape in _ALSO and rng.random() < 0.5:
        shape = rng.choice(_ALSO[shape])
    return Clause(shape.replace("{n}", noun).replace("{v}", text), order)


def preposition(name: str, value: Any, kind: str) -> str:
    """The words that stand before a parameter's value, where its role has some; else empty."""
    shape, _ = _shape(spoken(name), value, kind)
    return shape.split(" {")[0] if shape else ""


def _shape(noun: str, value: Any, kind: str) -> tuple[str | None, int]:
    for rule, shape, order in _BY_NAME:
        if re.search(rule, noun):
            return shape, order
    if kind in SQL:
        return "with this SQL: {v}", 10
    if kind in ENDPOINTS and _START.match(noun):
        return "from {v}", 1
    if kind in ENDPOINTS and _END.match(noun):
        return "against {v}" if kind in ("revision", "branch") and noun == "target" else "to {v}", 2
    if isinstance(value, (int, float)) and LIMITS.search(noun):
        return "limited to {v}", 7
    if kind == "enum" and re.search(r"\b(location|city|country|region|place)$", noun):
        return "in {v}", 3
    is_narrowed = kind in _ONE_OF_MANY and not _BARE.fullmatch(noun)
    return (None, 7) if is_narrowed else ROLES.get(kind, (None, 7))


_ONE_OF_MANY = frozenset(
    (
        "date",
        "datetime",
        "date-time",
        "clock",
        "uri",
        "place",
        "file",
        "media file",
        "cell",
        "cells",
    )
)
"""Kinds of values that a name narrows: a due date, the address of an icon."""
_BARE = re.compile(
    r"URL|URI|link|date|day|time|timestamp|date time|when|at|on|location|address|place"
    r"|cells?|(?:(?:cell|data) )?range"
    r"|(?:(?:file|document|workbook|presentation|spreadsheet|image) )?(?:paths?|file names?)|files?"
)


def _plain(noun: str, value: Any, kind: str, rng: random.Random, verbatim: bool) -> str:
    is_name = not is_plural(noun) and not noun.endswith((" path", " title")) and not verbatim
    thing = stem(noun) if is_name else ""
    if thing and (thing != noun or (isinstance(value, str) and _PLACES.fullmatch(thing))):
        place = "on" if _SURFACES.fullmatch(thing) else "in" if _PLACES.fullmatch(thing) else "for"
        return rng.choice((f"{place} {thing} {{v}}", f"{place} {thing} {{v}}", "with {n} {v}"))
    if isinstance(value, (int, float)):
        if is_plural(noun):
            return f"with {{v}} {singular(noun) if value == 1 else noun}"
        nameable = len(noun) > 1 and len(noun.split()) < 3 and base_form(noun.split()[0]) is None
        amount = f"with {with_a(noun)} of {{v}}" if nameable else "with {n} {v}"
        return rng.choice(("with {n} {v}", amount))
    if kind in TEXTS:
        return "with the {n} {v}" if verbatim else rng.choice(_TEXT_SHAPES)
    return rng.choice(_CONTEXT_FREE) if not is_plural(noun) else "with the {n} {v}"


_PLACES = re.compile(
    r"(?:\w+ )*(account|album|bucket|board|calendar|channel|cluster|collection|database|guild|"
    r"group|index|list|namespace|organization|playlist|project|repository|schema|server|space|stream|table|team|"
    r"vault|workspace|zone|paragraph|row|column|section|sheet|worksheet|chapter)"
)
"""Things that others are in."""
_SURFACES = re.compile(r"(?:\w+ )*(slide|page|screen|board|line|site|device)")
"""Things that others are on."""


def _span(noun: str, text: str, used_prepositions: frozenset[str]) -> str:
    """A length of time: its unit is in the text, so it is not said with the name too."""
    noun = NAMED_UNIT.sub("", noun)
    if noun in ("", "duration") and "for" not in used_prepositions:
        return f"for {text}"
    return f"with {with_a(noun or 'duration')} of {text}"


def _switch(noun: str, value: bool, rng: random.Random) -> str:
    first, _, rest = noun.partition(" ")
    noun = rest if first in ("has", "is") and rest else noun
    if first in _SWITCHES and rest:
        return f"and {first} {with_the(rest)}" if value else f"but do not {first} {with_the(rest)}"
    if value:
        return f"with {noun}{rng.choice(('', '', ' on'))}"
    return rng.choice((f"without {noun}", f"with {noun} off"))


def as_of_verb(text: str, phrase: Phrase, kind: str, rng: random.Random) -> str:
    """A clause with the preposition that goes with a verb: what is put, is put into a file."""
    if kind == "zone" and text.startswith("in ") and not re.search(r"\btime\b", phrase.text):
        # "The events in Tehran" are those of the place.
        text = re.sub(r"^in ([^/]+)$", rng.choice((r"in \1 time", r"(\1 time)")), text)
    if phrase.verb in _NAMING_AGAIN and (phrase.has_slot or phrase.verb != "change"):
        text = re.sub(r"^(called|named) ", f"{_NAMING_AGAIN[phrase.verb]} ", text)
    if phrase.verb in UPDATING and phrase.has_slot:
        # "Called" would say which one is meant.
        text = re.sub(r"^(called|named) ", "with the new name ", text)
    if kind in PATHS:
        return re.sub(r"^for ", f"{rng.choice(_before_file(phrase))} ", text)
    return re.sub(r"^from ", "for ", text) if kind == "uri" and phrase.verb in MAKING else text


def _before_file(phrase: Phrase) -> tuple[str, ...]:
    """What stands between what is done and the file that it is done with."""
    if phrase.verb in CREATING and _DOCUMENT.search(phrase.object):
        return ("called", "named", "called", "at")
    if phrase.verb in ("put", "import", "load"):
        return ("in", "into")
    if phrase.verb in CREATING:
        return ("in",)
    if phrase.verb in PUTTING:
        return ("to", "in")
    if phrase.verb in _TAKING_AWAY:
        return ("from", "in")
    return ("of", "from", "in", "for") if phrase.shows else ("in", "for")


_DOCUMENT = re.compile(rf"\b({DOCUMENT_NOUNS})$")
_NAMING_AGAIN = {"rename": "to", "copy": "as", "duplicate": "as", "clone": "as", "change": "to"}
"""Verbs that give a second name, and what stands before it."""
_TAKING_AWAY = frozenset(
    ("delete", "remove", "get rid of", "erase", "take out", "clear", "extract")
)
PUTTING = frozenset(("put", "save", "patch", "append", "add", "insert", "write"))
"""Verbs with which something comes into a file."""
