"""A verb phrase that asks for a tool, and the places in it for values.

``{it}`` stands for the parameter that names the object itself: "read {it}" for ``read_file(path)``;
``{channel_id|channel}`` for another one, with what it is of.
"""

import re
from dataclasses import dataclass

from tasks.domain.identifiers import with_a
from tasks.domain.writing.phrasing.own_words import stem
from tasks.domain.writing.values.kinds import SQL, TEXTS
from tasks.domain.writing.values.maker import ArgumentMaker

SLOT = "{it}"
NAMED_SLOT = re.compile(r"\{(\w+)\|(\w[\w ]*)\}")
"""Another parameter's value, and what it is of: "the history of {channel_id|channel}"."""
DOCUMENT_NOUNS = "document|file|workbook|spreadsheet|presentation|notebook"
TOWARDS = {"switch": "to ", "search": "in "}
"""Verbs that need a preposition before the thing itself."""


@dataclass(frozen=True)
class Phrase:
    """A verb phrase, and the thing it asks for when asking for that says the same."""

    verb: str
    object: str
    """With its article, perhaps with the slot; empty when the verb stands alone."""
    shows: bool
    """Whether "I need {object}" means the same."""

    @property
    def text(self) -> str:
        """The whole phrase."""
        return f"{self.verb} {self.object}".strip()

    def spoken(self, identity: str) -> str:
        """The whole phrase with words for what its slots stand for, and no values."""
        text = self.text.replace(SLOT, identity)
        return NAMED_SLOT.sub(lambda slot: with_a(slot[2]), text)

    @property
    def has_slot(self) -> bool:
        """Whether the object is the identity parameter's value."""
        return SLOT in self.object


def named_slot(parameter: str, thing: str) -> str:
    """The place of a parameter's value in a phrase, with what the value is of."""
    return f"{{{parameter}|{thing}}}"


def thing_of(maker: ArgumentMaker, name: str) -> str:
    """What a parameter's values are names of; empty where nothing says it."""
    return stem(name, str(maker.settled(name).get("description", "")))


def with_named_slots(text: str, maker: ArgumentMaker) -> str:
    """A phrase with slots for the values that it speaks of: "messages from a channel"."""
    for name in maker.spoken_for:
        thing = thing_of(maker, name)
        if name in maker.required and thing and maker.kind(name) not in _NO_NAMES:
            article = "" if stem(name) else "an? "  # it is of one, not of the maker of all
            speaks_of_it = (
                rf"(?i)(?:^ an? |(?<= )(from|to|in|of|for|on|onto|about|by|carrying) {article}"
                rf"(?:[\w'-]+ ){{0,4}}?){re.escape(thing)}"
                r"(?=$| (?:in|from|on|of|to|into|with|by|and|for)\b| \()"
            )
            text = re.sub(speaks_of_it, rf"\1 {named_slot(name, thing)}", text, count=1)
    return _with_document_slot(text, maker)


def _with_document_slot(text: str, maker: ArgumentMaker) -> str:
    """A phrase with a slot for the one file that it speaks of: "add a table to a Word document"."""
    files = [name for name in maker.required if maker.kind(name) == "file"]
    if len(files) != 1 or maker.is_constant(files[0]) or f"{{{files[0]}|" in text:
        return text
    return _DOCUMENT.sub(r"\1 " + named_slot(files[0], r"\2"), text, count=1)


_DOCUMENT = re.compile(
    r"(?i)(?<= )(from|to|in|of|for|on|about|into|inside|within) (?:an? |the )?(?:[\w-]+ )?"
    rf"({DOCUMENT_NOUNS}|image|picture|archive)"
    r"(?=$| (?:with|by|and|as)\b)"
)
_NO_NAMES = TEXTS - {"words", "title", "name"} | SQL | {"boolean", "object", "array", "zone"}
"""Kinds of values that no thing is called by."""
