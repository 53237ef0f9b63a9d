"""The phrase of the first sentence of a tool's description."""

import re

from tasks.domain.identifiers import plural, singular, with_the
from tasks.domain.writing.phrasing.own_words import without_label
from tasks.domain.writing.phrasing.phrases import (
    NAMED_SLOT,
    SLOT,
    TOWARDS,
    Phrase,
    with_named_slots,
)
from tasks.domain.writing.phrasing.verbs import SHOWING, base_form
from tasks.domain.writing.values.kinds import PATHS
from tasks.domain.writing.values.maker import ArgumentMaker

_MOST_WORDS = 12
"""A description's sentence longer than this is no phrase that a person says."""
_SPOKEN_VERBS = {"return": "get", "retrieve": "get", "demonstrate": "run", "simulate": "simulate"}
"""Verbs of documentation, and what a person says instead."""
_CUT_PATTERN = re.compile(
    r"\s+(in|of|for|from|at|by|to|on|about|with|within|based on|using|matching|given|via|through)"
    r"\s+((a|an|the|its|their)\s+)?(specific|specified|given|provided|particular|certain|current|query|names?|"
    r"ids?|optional|the following)\b.*$|\s+(?:between|for|of|from) (?:two|multiple|several)\b.*$"
    r"|\s+between (?!a |the )\S+( or \S+)?$|\s+(based on|using) .*$"
    r"|\s+from (?:one|an?) .* to (?:another|an?)\b.*$"
    r"|\s+(?:from|of|in|for|to) (?:any|one or more) .*$"
    r"|\s+(?:that match(?:es)?|matching) (?:the|an?) .*$"
    r"|\s+(?:from|of|in|for|to) an? \w+ or (?:an? )?\w+$|\s+with (?:their|its) .*$"
    r"|\s+(?:stored|saved|found|located|identified) (?:at|under|by|in|with) (?:(?:an?|the|its) )?"
    r"(?:key|path|name|id|index|location|address|url|uri)\b.*$"
    r"|\s+(of|about|in|for) (a|two|three) (file|folder|directory|numbers?)( or \w+)?$"
)
_STOP = re.compile(
    r"[.;:(\n]| - | and (?!\w+ (from|in|of)\b)"
    r"|, (?=helpful|useful|including|which|where|such|using|or of)"
    r"| as (a|an|text|json)\b| that (can|may) "
)
_UNSAYABLE = re.compile(
    r"[,<>{}\[\]`\"]|"
    r"\b(this|here|you|your|existing|mcp|tool|client|user|how|up to|optional(ly)?)\b",
    re.IGNORECASE,
)
_DANGLING = re.compile(r"\b(a|an|the|in|of|for|from|at|by|to|on|with|and|or|public|all)$")
_LIST_OF = re.compile(r"^an? (?:\w+ )?list of ")
_FOLLOWS = re.compile(r"^$|^ (in|from|on|of|to|as) (the|this|an?) \w+( \w+)?$")
"""What may follow the slot in a description's phrase: nothing, or one plain place."""


def described_phrases(maker: ArgumentMaker, identity: str | None, noun: str) -> tuple[Phrase, ...]:
    """What the sentence asks for, with slots for values; empty where nobody would say it so."""
    description = _with_one_verb(without_label(maker.tool.description.strip()))
    sentence = _STOP.split(description, maxsplit=1)[0].strip()
    first, _, rest = sentence.partition(" ")
    verb = _SPOKEN_VERBS.get(base_form(first) or "", base_form(first))
    rest = with_named_slots(f" {rest}", maker) if identity is None else f" {rest}"
    rest = _LIST_OF.sub("", _CUT_PATTERN.sub("", rest).strip())
    if (
        verb is None
        or _DANGLING.search(rest or "a")
        or _UNSAYABLE.search(NAMED_SLOT.sub("", rest))
        or len(rest.split()) > _MOST_WORDS
    ):
        return ()
    shows = verb in SHOWING
    if identity is None:
        rest = rest.removeprefix("specific ").removeprefix("all the ")
        if re.match(r"(current|new|complete|detailed)\b", rest):
            rest = with_the(rest)
        return (Phrase(verb, rest, shows),) if rest else ()
    slotted = _with_slot(f"{sentence.partition(' ')[2]}", noun) if noun else None
    if slotted and maker.kind(identity) not in PATHS:
        slotted = with_named_slots(f" {slotted}", maker).strip()
    if slotted and slotted.startswith(SLOT):
        slotted = TOWARDS.get(verb, "") + slotted
    return (Phrase(verb, slotted, shows),) if slotted else ()


def _with_one_verb(description: str) -> str:
    """A description that opens with one verb: "Remove and return an item", "List of items"."""
    match = _TWO_VERBS.match(description)
    if match and all(map(base_form, match.groups())):
        return f"{match[1]} {description[match.end() :]}"
    return re.sub(r"(?i)^list of ", "List ", description)


_TWO_VERBS = re.compile(r"(\w+) and (\w+) (?=\w)")


def _with_slot(rest: str, noun: str) -> str | None:
    """A description's object with the slot in the place of 'a specific table'."""
    which = r"(?:specific |specified |given |single |new |provided |particular )?"
    nouns = f"{re.escape(singular(noun))}|{re.escape(plural(noun))}"
    match = re.search(rf"\b(?:a |an |the |multiple |^){which}(?:{nouns})\b", rest)
    if not match or not _FOLLOWS.match(rest[match.end() :]):
        return None
    text = rest[: match.start()] + SLOT + rest[match.end() :]
    return None if _UNSAYABLE.search(text.replace(SLOT, "")) else text
