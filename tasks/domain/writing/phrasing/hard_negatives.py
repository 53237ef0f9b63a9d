"""What sounds like a request and calls nothing: taken back, done already, or beyond every tool.

All are made of this very list's verbs, nouns and values, which no phrasebook knows. Beside the rows
that do ask for these calls they show that neither a value nor a verb nor a long sentence makes one.
"""

import random
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from tasks.domain.conversations import Split
from tasks.domain.identifiers import name_words, plural, with_a
from tasks.domain.writing.lexicon import Lexicon
from tasks.domain.writing.phrasing.requests import deed, sentence, type_with_care
from tasks.domain.writing.phrasing.spoken import verbalize
from tasks.domain.writing.phrasing.tool_context import ToolContext
from tasks.domain.writing.phrasing.typing_habits import typed
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.values import words
from tasks.domain.writing.values.draw_options import DrawOptions

Exchange = tuple[str, str]
"""What the user says, and the reply."""
_LEXICON = Lexicon("hard_negatives")

PAIRED_SHARE = 0.8
"""Share of them that say the very values of a row that calls."""
_FRAMES = _LEXICON.tables("frames")
"""What is said in each split, and the kind of reply to it."""
_REPLIES = _LEXICON.lists("replies")

WITH_VALUE_SHARE = 0.7
"""Share of the unsupported requests that name a thing, where the tools name some."""
BY_NAME_SHARE = 0.2
"""Share of them that sound like a tool of the server: "git push", beside ``git_log``."""
TAIL_SHARE = 0.25
_VERBS = _LEXICON.texts("verbs")
"""What one can do to things, and few servers have a tool for: so many, that the rule is learned and
not the list."""
_COVERED = _LEXICON.tables("covered")
"""What is done by a tool of another name: one that updates things can label them, too."""
_ANYTHING = frozenset(_LEXICON.texts("anything"))
"""Words in the names of tools that do whatever they are told."""
_REQUESTS = _LEXICON.lists("requests")
_THINGS = _LEXICON.texts("things")
_NAMED_THINGS = _LEXICON.texts("named_things")
_TAILS = _LEXICON.lists("tails")


def hard_negative(
    choices: Sequence[Wording],
    calls_by_tool: Mapping[str, Sequence[dict[str, Any]]],
    split: Split,
    rng: random.Random,
) -> Exchange | None:
    """A text and its reply; None where no tool has values to say.

    ``calls_by_tool``: arguments of calls that rows of the split make. Most hard negatives say
    those of one of them, so that the two rows differ in nothing but what is meant.
    """
    if not choices:
        return None
    wording = rng.choice(choices).for_one(rng)
    pairs = calls_by_tool.get(wording.tool.name)
    if pairs and rng.random() < PAIRED_SHARE:
        values = rng.choice(pairs)
    else:
        values = wording.spoken_values(
            wording.maker.make(rng, DrawOptions(split, 0.2, free=rng.random() < 0.5))
        )
    phrase, thing = deed(wording, values, rng)
    frame, kind = rng.choice(_FRAMES[split])
    text = frame.format(
        do=f"{phrase.verb} {thing}".strip(),
        name=rng.choice(words.FIRST_NAMES),
        when=rng.choice(words.WHENS),
    )
    return type_with_care(wording, sentence(text), values, rng), rng.choice(_REPLIES[kind])


def unsupported_request(
    choices: Sequence[Wording], context: ToolContext, split: Split, rng: random.Random
) -> Exchange | None:
    """A request about the tools' own things that none of them can do, and an honest reply."""
    phrases = [phrase for wording in choices for phrase in (*wording.phrases, *wording.others)]
    names = frozenset(word for each in choices for word in name_words(each.tool.name))
    spoken_verbs = frozenset(phrase.verb for phrase in phrases)
    verbs = _verbs_beyond(context.about, spoken_verbs, names)
    if not verbs:
        return None
    verb = rng.choice(verbs)
    noun, value = _named_thing(choices, split, rng) or (rng.choice(context.nouns), "")
    thing = rng.choice(_NAMED_THINGS if value else _THINGS)
    thing = thing.format(noun=noun, nouns=plural(noun), n=rng.randint(2, 9))
    name = rng.choice(words.FIRST_NAMES)
    if context.first_word and rng.random() < BY_NAME_SHARE:
        text = f"{context.first_word} {verb} {value}"
    else:
        tail = rng.choice(_TAILS[split]) if rng.random() < TAIL_SHARE else ""
        do = " ".join(part for part in (verb, thing, value) if part) + tail.format(name=name)
        text = rng.choice(_REQUESTS[split]).format(do=do, name=name)
    subject = thing if thing in ("it", "everything") else with_a(noun)
    reply = rng.choice(_REPLIES["beyond"]).format(do=f"{verb} {subject}")
    return sentence(typed(text, rng)), reply


@lru_cache(maxsize=32)
def _verbs_beyond(
    about: str, spoken_verbs: frozenset[str], names: frozenset[str]
) -> tuple[str, ...]:
    """The verbs that no tool's name or description has, and that no tool does under another.

    ``names``: the words of the tools' names.
    """
    if names & _ANYTHING:
        return ()
    lists = [each["verbs"] for each in _COVERED.values() if names & {*each["names"]}]
    covered = {verb for verbs in lists for verb in verbs}
    return tuple(
        verb
        for verb in _VERBS
        if verb not in spoken_verbs | covered
        and not re.search(rf"\b{verb.partition(' ')[0][:-1]}", about)
    )


def _named_thing(
    choices: Sequence[Wording], split: Split, rng: random.Random
) -> tuple[str, str] | None:
    """A noun of a tool with the name of such a thing; None where the draw is for one without."""
    naming = [wording for wording in choices if wording.identity and wording.noun]
    if not naming or rng.random() >= WITH_VALUE_SHARE:
        return None
    wording = rng.choice(naming)
    identity = wording.identity or ""
    value = wording.maker.make(rng, DrawOptions(split, 0.0, free=True)).get(identity)
    if not isinstance(value, str):
        return None
    return wording.noun, verbalize(value, wording.maker.kind(identity), rng)
