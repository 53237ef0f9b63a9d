"""A tool → the phrases that ask for it, and what of its arguments they say."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tasks.domain.identifiers import is_plural, name_words, plural, singular, spoken
from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.phrasing.by_description import described_phrases
from tasks.domain.writing.phrasing.by_name import as_noun, named_phrases, replacing_phrases
from tasks.domain.writing.phrasing.own_words import NAMING, own_words, stem, unknown_verb
from tasks.domain.writing.phrasing.phrases import NAMED_SLOT, Phrase, with_named_slots
from tasks.domain.writing.phrasing.spoken import mentions
from tasks.domain.writing.phrasing.verbs import (
    MAKING,
    MOVING,
    NOUNS,
    SAYING,
    SYNONYMS,
    is_changing,
    leading_verb,
)
from tasks.domain.writing.values.kinds import PATHS, SQL, TEXTS
from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.domain.writing.values.parameters import ACTIONS

_MOST_NOUNS = 3
"""Words of a name that still reads as one thing."""


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
    common = _common_parameters(makers)
    result = (
        _wording(
            maker,
            names[maker.tool.name],
            verbs,
            starts[_start(maker.tool.description)] == 1,
            common,
        )
        for maker in makers
    )
    return tuple(replace(wording, paraphrase_share=paraphrase_share) for wording in result)


def _common_parameters(makers: Sequence[ArgumentMaker]) -> frozenset[str]:
    """Names that most tools require, as the connection of a database: no tool is about them."""
    counts = Counter(name for maker in makers for name in maker.required)
    return frozenset(n for n, count in counts.items() if count >= _MOST * len(makers) >= _SOME)


_MOST, _SOME = 0.4, 2
"""The share of a list's tools from which a parameter is common, and how many these are at least."""


def _start(description: str) -> str:
    return " ".join(description.lower().split()[:8]).rstrip(".,;:")


def _wording(
    maker: ArgumentMaker,
    words: tuple[str, ...],
    verbs: Counter[str | None],
    distinct: bool,
    common: frozenset[str],
) -> Wording:
    known_verb = leading_verb(words)
    verb = known_verb or unknown_verb(words, maker.tool)
    rest = words[1:] if known_verb else words[len((verb or "").split()) :]
    if verb is None:  # the staged diff
        rest = tuple(sorted(rest, key=lambda word: not word.endswith("ed")))
    phrase_of_name = " ".join(spoken(w) for w in rest if w not in ("the", "a", "an"))
    head, tail = _split(with_named_slots(f" {phrase_of_name}", maker).strip())
    is_listed = maker.tool.description.startswith("List") and not is_plural(" ".join(words[:1]))
    head = plural(head) if verb is None and is_listed else head
    identity = _identity(maker, verb, head, tail)
    identity = None if identity in common and not head else identity
    noun = _noun(maker, identity, head)
    if identity is not None and maker.kind(identity) in SQL:
        verb = "run"
    by_name = named_phrases(maker, verb, head, tail, identity)
    if (
        verb in NOUNS
        and verb == name_words(maker.tool.name)[-1]
        and not (identity or tail or is_plural(head))
    ):
        by_name = as_noun(maker, verb, head)
    first_phrases = described_phrases(maker, identity, noun) if distinct else ()
    alone = verb is not None and verbs[verb] == 1
    # A bare "reset" says less than the description; "the status" and "commit with …" say enough.
    says = bool(head) or identity is not None or any(n in maker.required for n in maker.spoken_for)
    if first_phrases and (verb is None or not says or _OF_REQUESTS & {*words[:1]}):
        by_name = by_name if verb is None and _is_noun(words, maker.tool) else ()
    by_name = replacing_phrases(maker, words, tail) or by_name
    phrases = tuple(dict.fromkeys((*by_name, *first_phrases)))
    others = tuple(_in_other_verbs(phrases, verbs))
    return Wording(
        maker=maker,
        phrases=phrases,
        others=others,
        identity=identity,
        noun=noun,
        topic=phrase_of_name,
        # What would change something is not asked for by a bare name: "pause otter-237".
        bare=alone and not (head and is_changing(maker.tool)),
    )


def _is_noun(words: tuple[str, ...], tool: Tool) -> bool:
    """Whether a name without a verb is the thing that is asked for: ``weather_alert``."""
    first = " ".join(words[:1])
    is_short = len(words) <= _MOST_NOUNS and first not in _OF_REQUESTS
    return tool.read_only and is_short and not is_plural(first)


_OF_REQUESTS = frozenset(("post", "put", "patch"))
"""Verbs of HTTP: a name has them for what its description says in another word."""


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


def _identity(maker: ArgumentMaker, verb: str | None, head: str, tail: str) -> str | None:
    required = [name for name in maker.spoken_for if name in maker.required]
    candidates = [n for n in required if n not in ACTIONS and not maker.is_wrapper(n)]
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
