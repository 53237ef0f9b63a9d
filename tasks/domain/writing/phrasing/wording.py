"""A tool → the phrases that ask for it: from its name, and from its description's first sentence.

A phrase is a verb with its object; ``{it}`` in it stands for the parameter that names the object
itself: "read {it}" for ``read_file(path)``.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tasks.domain.identifiers import (
    is_plural,
    name_words,
    plural,
    singular,
    spoken,
    with_a,
    with_the,
)
from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.phrasing.own_words import NAMING, own_words, stem, unknown_verb
from tasks.domain.writing.phrasing.spoken import mentions
from tasks.domain.writing.phrasing.verbs import (
    MAKING,
    MOVING,
    NOUNS,
    SAYING,
    SHOWING,
    SYNONYMS,
    base_form,
    leading_verb,
)
from tasks.domain.writing.values.kinds import ON_SERVER, PATHS, SQL, TEXTS
from tasks.domain.writing.values.maker import ArgumentMaker

SLOT = "{it}"
NAMED_SLOT = re.compile(r"\{(\w+)\|(\w[\w ]*)\}")
"""Another parameter's value, and what it is of: "the history of {channel_id|channel}"."""
_MOST_WORDS = 12
"""A description's sentence longer than this is no phrase that a person says."""


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


@dataclass(frozen=True)
class Wording:
    """All that is known of how to ask for one tool."""

    maker: ArgumentMaker
    phrases: tuple[Phrase, ...]
    others: tuple[Phrase, ...]
    """The same with other verbs that people say for theirs."""
    identity: str | None
    """The parameter whose value is the object of the verb."""
    noun: str
    """What the identity parameter's values are: 'file', 'branch'."""
    topic: str
    """What the tool's name asks for, its verb left out: 'current time'."""
    bare: bool
    """Whether the verb with the value alone says enough: "Convert 14:30 …"."""
    paraphrase_share: float = 1.0
    """The share of requests whose values may take their spoken forms."""

    @property
    def verbatim(self) -> bool:
        """Whether values are said as they are written."""
        return not self.paraphrase_share

    def for_one(self, rng: random.Random) -> "Wording":
        """The same for one request: a person speaks freely or precisely, not both."""
        return replace(self, paraphrase_share=float(rng.random() < self.paraphrase_share))

    @property
    def tool(self) -> Tool:
        """The tool."""
        return self.maker.tool

    def says(self, text: str, arguments: dict[str, Any]) -> bool:
        """Whether a text holds every argument that is not a constant of the server."""
        values = self.spoken_values(arguments).items()
        return all(mentions(text, value, self.maker.kind(name)) for name, value in values)

    def spoken_values(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments that a user says: all but the server's constants; no wrapper by name."""
        values: dict[str, Any] = {}
        for name, value in arguments.items():
            if self.maker.is_wrapper(name) and isinstance(value, dict):
                values |= value
            elif not self.maker.is_constant(name):
                values[name] = value
        return values


def wordings(
    toolset: Toolset, makers: Sequence[ArgumentMaker], paraphrase_share: float = 1.0
) -> tuple[Wording, ...]:
    """How to ask for each tool of a server, told apart from the server's other tools."""
    names = {tool.name: own_words(tool, toolset) for tool in toolset.tools}
    verbs = Counter(leading_verb(words) for words in names.values())
    starts = Counter(_start(tool.description) for tool in toolset.tools)
    result = (
        _wording(
            maker,
            names[maker.tool.name],
            verbs,
            starts[_start(maker.tool.description)] == 1,
        )
        for maker in makers
    )
    return tuple(replace(wording, paraphrase_share=paraphrase_share) for wording in result)


def _start(description: str) -> str:
    return " ".join(description.lower().split()[:8]).rstrip(".,;:")


def _wording(
    maker: ArgumentMaker,
    words: tuple[str, ...],
    verbs: Counter[str | None],
    distinct: bool,
) -> Wording:
    verb = leading_verb(words) or unknown_verb(words, maker.tool)
    rest = (
        words[len(verb.split()) :] if verb and leading_verb(words) is None else words[bool(verb) :]
    )
    if verb is None:  # the staged diff
        rest = tuple(sorted(rest, key=lambda word: not word.endswith("ed")))
    phrase_of_name = " ".join(spoken(w) for w in rest if w not in ("the", "a", "an"))
    head, tail = _split(_with_named_slots(f" {phrase_of_name}", maker).strip())
    if (
        verb is None
        and not is_plural(" ".join(words[:1]))
        and maker.tool.description.startswith("List")
    ):
        head = plural(head)
    identity = _identity(maker, verb, head, tail)
    noun = _noun(maker, identity, head)
    if identity is not None and maker.kind(identity) in SQL:
        verb = "run"
    by_name = _named_phrases(maker, verb, head, tail, identity)
    if (
        verb in NOUNS
        and verb == name_words(maker.tool.name)[-1]
        and not (identity or tail or is_plural(head))
    ):
        by_name = _as_noun(maker, verb, head)
    first_phrases = _described_phrases(maker, identity, noun) if distinct else ()
    alone = verb is not None and verbs[verb] == 1
    # A bare "reset" says less than the description; "the status" and "commit with …" say enough.
    says = bool(head) or identity is not None or any(n in maker.required for n in maker.spoken_for)
    poor = bool(first_phrases) and (verb is None or not says)
    if poor:
        is_noun = (
            maker.tool.read_only
            and len(words) <= _MOST_NOUNS
            and not is_plural(" ".join(words[:1]))
        )
        by_name = by_name if verb is None and is_noun else ()
    replacing = _replacing_phrases(maker, words, tail)
    phrases = tuple(dict.fromkeys((*replacing, *(() if replacing else by_name), *first_phrases)))
    others = tuple(_in_other_verbs(phrases, verbs))
    return Wording(maker, phrases, others, identity, noun, phrase_of_name, alone)


def _in_other_verbs(phrases: Sequence[Phrase], verb_counts: Counter[str | None]) -> list[Phrase]:
    return [
        replace(phrase, verb=verb, object=re.sub(r"^(?:to|for) ", "", phrase.object))
        for phrase in phrases
        if phrase.verb != "search" or _IS_SOUGHT.match(phrase.object)
        for verb in SYNONYMS.get(phrase.verb, ())
        if verb not in verb_counts and (verb != "find out" or phrase.object.startswith("the "))
    ]


_IS_SOUGHT = re.compile(r"for |\{it\}|the (?:\w+ )*\w+s\b")
"""What is searched for, and not where: nobody finds the web."""


def _split(text: str) -> tuple[str, str]:
    parts = re.split(r"(?:^| )(?=(?:with|in|of|for|by|from|to|as|at|on)\b)", text, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def named_slot(parameter: str, thing: str) -> str:
    """The place of a parameter's value in a phrase, with what the value is of."""
    return f"{{{parameter}|{thing}}}"


def thing_of(maker: ArgumentMaker, name: str) -> str:
    """What a parameter's values are names of; empty where nothing says it."""
    return stem(name, str(maker.settled(name).get("description", "")))


def _with_named_slots(text: str, maker: ArgumentMaker) -> str:
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
    r"(document|file|workbook|spreadsheet|presentation|image|picture|notebook|archive)"
    r"(?=$| (?:with|by|and|as)\b)"
)
_NO_NAMES = TEXTS - {"words", "title", "name"} | SQL | {"boolean", "object", "array", "zone"}
"""Kinds of values that no thing is called by."""


def _identity(maker: ArgumentMaker, verb: str | None, head: str, tail: str) -> str | None:
    candidates = [n for n in maker.spoken_for if n in maker.required and not maker.is_wrapper(n)]
    candidates = [name for name in candidates if name != "action"]
    for name in candidates:
        if head and _names(maker, name, head, verb):
            return name
    naming = [n for n in candidates if NAMING.intersection(spoken(n).split()[-1:]) and not tail]
    if head:
        is_one = len(naming) == len(candidates) == 1 and not is_plural(head)
        if not is_one or verb in MAKING | SAYING | {None}:
            return None
        # A history is no entity where another tool is about entities.
        named = {word for other in (*maker.names, head) for word in name_words(other)}
        about = str(maker.settled(naming[0]).get("description", "")).lower()
        return naming[0] if head.split()[-1] in about and stem(naming[0]) not in named else None
    if verb is None or not candidates or NAMED_SLOT.search(tail):
        return None
    # What is done is done to the files, in the folder.
    candidates.sort(key=lambda name: maker.kind(name) == "folder")
    first = candidates[0]
    return first if maker.kind(first) not in TEXTS or verb in SAYING else None


def _names(maker: ArgumentMaker, name: str, head: str, verb: str | None) -> bool:
    """Whether a parameter's value is the very thing that the object's last word stands for."""
    noun, kind = spoken(name), maker.kind(name)
    many = is_plural(noun)
    if many != is_plural(head):
        return False
    last, own, thing = singular(head.split()[-1]), singular(noun), stem(noun)
    if last in (own, singular(thing)):
        return True
    if own in NAMING and not many:
        return verb not in MAKING | {None}
    if f" {singular(thing)}".endswith(f" {last}") and kind != "zone" and not own.startswith("base"):
        return True
    if many and own in ("name", "path", "id", "item"):
        return True
    if verb in _SEEKING and kind in TEXTS and _SOUGHT.search(noun):
        return last in _WORDS_OF_TEXTS
    if kind in PATHS and last in ("file", "directory", "folder", "path", "document", "image"):
        return own in ("path", "file", "folder", "directory") or (
            verb in MOVING and own == "source"
        )
    return False


_SEEKING = frozenset(("find", "search", "locate", "look up", "grep"))
_SOUGHT = re.compile(r"\b(find|search|query|keyword|term|phrase|pattern|needle)s?\b")
"""Names of parameters for what is looked for: it is the object, "find "open question" in …"."""
_WORDS_OF_TEXTS = frozenset(("text", "string", "word", "phrase", "keyword", "term", "content"))


def _noun(maker: ArgumentMaker, identity: str | None, head: str) -> str:
    if identity is None:
        return ""
    if maker.kind(identity) in SQL:
        return "SQL query"
    own = re.sub(r"(?<=\w) (name|path|id)(s?)$", r"\2", spoken(identity))
    own = plural(own[:-1]) if own.endswith("s") and maker.kind(identity) != "enum" else own
    return head or ("" if own in NAMING else own)


def _named_phrases(
    maker: ArgumentMaker, verb: str | None, head: str, tail: str, identity: str | None
) -> tuple[Phrase, ...]:
    end = f" {tail}" if tail else ""
    if not maker.tool.name.isascii() or (verb is None and not maker.tool.read_only):
        # Nobody knows what it does: to show something would be a guess, and a wrong one.
        words = f"{head}{end}" if maker.tool.name.isascii() else ""
        thing = with_the(words) if " " in words else words
        return (Phrase("run", thing or maker.tool.name, False),)
    if identity and verb in _SETTING and maker.kind(identity) not in ON_SERVER | TEXTS:
        return (Phrase(verb, f"{with_the(head)}{end} to {SLOT}", False),)
    if identity:
        return (
            Phrase(verb or "show", f"{_TOWARDS.get(verb or '', '')}{SLOT}{end}", verb in SHOWING),
        )
    if not head:
        return (Phrase(verb or "run", tail, False),)
    if verb is None and head.endswith("ing"):
        return (Phrase("run", head + end, False),)
    making = verb in MAKING and not is_plural(head)
    thing = with_a(f"new {head}") if making else with_the(head)
    return (Phrase(verb or "show", thing + end, verb is None or verb in SHOWING),)


def _replacing_phrases(
    maker: ArgumentMaker, words: tuple[str, ...], tail: str
) -> tuple[Phrase, ...]:
    """ "Replace this with that", where a tool takes the old and the new text."""
    if "replace" not in words and "edit" not in words:
        return ()
    texts = [name for name in maker.required if maker.kind(name) in TEXTS]
    old = [name for name in texts if _OLD.match(spoken(name))]
    new = [name for name in texts if _NEW.match(spoken(name))]
    if len(old) != 1 or len(new) != 1:
        return ()
    thing = f"{named_slot(old[0], 'text')} with {named_slot(new[0], 'text')} {tail}".strip()
    return (Phrase("replace", thing, False),)


_OLD = re.compile(r"(old|find|search|original|from|target|query)\b")
_NEW = re.compile(r"(new|replace|replacement|with|to)\b")


def _as_noun(maker: ArgumentMaker, verb: str, head: str) -> tuple[Phrase, ...]:
    """A tool whose name ends with a verb that is a noun too: "make a commit", "do a web search"."""
    doing, _, thing = NOUNS[verb].format(verb).partition(" ")
    if head:
        return (Phrase(doing, f"{with_a(head)} {verb}", False),)
    says_how = any(name in maker.required for name in maker.spoken_for)
    return (Phrase(verb, "", False), *((Phrase(doing, thing, False),) if says_how else ()))


_SETTING = frozenset(("set", "change", "adjust"))
"""Verbs that give a thing a value: "set the volume to 30"."""
_MOST_NOUNS = 3
"""Words of a name that still reads as one thing."""
_SPOKEN_VERBS = {"return": "get", "retrieve": "get", "demonstrate": "run", "simulate": "simulate"}
"""Verbs of documentation, and what a person says instead."""
_TOWARDS = {"switch": "to ", "search": "in "}
"""Verbs that need a preposition before the thing itself."""
_CUT_PATTERN = re.compile(
    r"\s+(in|of|for|from|at|by|to|on|about|with|within|based on|using|matching|given|via|through)"
    r"\s+((a|an|the|its|their)\s+)?(specific|specified|given|provided|particular|certain|current|query|names?|"
    r"ids?|optional|the following)\b.*$|\s+(?:between|for|of|from) (?:two|multiple|several)\b.*$"
    r"|\s+between (?!a |the )\S+( or \S+)?$|\s+(based on|using) .*$"
    r"|\s+from (?:one|an?) .* to (?:another|an?)\b.*$"
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


def _described_phrases(maker: ArgumentMaker, identity: str | None, noun: str) -> tuple[Phrase, ...]:
    sentence = _STOP.split(maker.tool.description.strip(), maxsplit=1)[0].strip()
    first, _, rest = sentence.partition(" ")
    verb = _SPOKEN_VERBS.get(base_form(first) or "", base_form(first))
    rest = _with_named_slots(f" {rest}", maker) if identity is None else f" {rest}"
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
        rest = rest.removeprefix("specific ")
        if re.match(r"(current|new|complete|detailed)\b", rest):
            rest = with_the(rest)
        return (Phrase(verb, rest, shows),) if rest else ()
    slotted = _with_slot(f"{sentence.partition(' ')[2]}", noun) if noun else None
    if slotted and maker.kind(identity) not in PATHS:
        slotted = _with_document_slot(slotted, maker)
    if slotted and slotted.startswith(SLOT):
        slotted = _TOWARDS.get(verb, "") + slotted
    return (Phrase(verb, slotted, shows),) if slotted else ()


def _with_slot(rest: str, noun: str) -> str | None:
    """A description's object with the slot in the place of 'a specific table'."""
    which = r"(?:specific |specified |given |single |new |provided |particular )?"
    nouns = f"{re.escape(singular(noun))}|{re.escape(plural(noun))}"
    match = re.search(rf"\b(?:a |an |the |multiple |^){which}(?:{nouns})\b", rest)
    if not match or not _FOLLOWS.match(rest[match.end() :]):
        return None
    text = rest[: match.start()] + SLOT + rest[match.end() :]
    return None if _UNSAYABLE.search(text.replace(SLOT, "")) else text
