"""What sounds like a request and calls nothing: taken back, done already, or beyond every tool.

All have a call's own words and values. Beside the rows that do ask for these calls they show that
neither a value nor a verb nor a long sentence makes a call.
"""

import random
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from tasks.domain.conversations import Split
from tasks.domain.identifiers import plural, with_a
from tasks.domain.writing.lexicon import Lexicon
from tasks.domain.writing.phrasing.frames import REQUEST_FRAMES
from tasks.domain.writing.phrasing.requests import deed, sentence, type_with_care
from tasks.domain.writing.phrasing.spoken import verbalize
from tasks.domain.writing.phrasing.tool_context import ToolContext
from tasks.domain.writing.phrasing.typing_habits import typed
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.values import words
from tasks.domain.writing.values.draw_options import DrawOptions

_LEXICON = Lexicon("hard_negatives")

PAIRED_SHARE = 0.8
"""Share of them that say the very values of a row that calls."""

_FRAMES = _LEXICON.tables("frames")
"""What is said in each split, and the kind of answer to it."""
_REPLIES = _LEXICON.lists("answers")


def hard_negative(
    choices: Sequence[Wording],
    calls_by_tool: Mapping[str, Sequence[dict[str, Any]]],
    split: Split,
    rng: random.Random,
) -> tuple[str, str] | None:
    """A text and its answer; None where no tool has values to say.

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


_ELSEWHERE = _LEXICON.texts("elsewhere")
"""What one can do to things, and few servers have a tool for: so many, that the rule is learned and
not the list."""
_FRAMES_OF_REQUESTS: dict[Split, tuple[str, ...]] = {
    "train": (
        *REQUEST_FRAMES["train"],
        "I need to {do}.",
        "{do} pls",
        "{do}",
        "{do}!",
        "I want you to {do}.",
        "I'd like to {do}.",
        "help me {do}.",
    ),
    "heldout": (*REQUEST_FRAMES["heldout"], "{name} wants me to {do}.", "go on and {do}."),
}
_THINGS = _LEXICON.texts("things")
_BEFORE_VALUES = _LEXICON.texts("named")
"""What may stand before a value."""
BY_NAME_SHARE = 0.2
"""Share of them that sound like a tool of the server: "git push", beside ``git_log``."""
TAIL_SHARE = 0.25
_TAILS = _LEXICON.lists("tails")


@lru_cache(maxsize=32)
def _beyond_tools(about: str, spoken_verbs: frozenset[str]) -> tuple[str, ...]:
    """The verbs that no tool's name or description has, and that are said for none of theirs."""
    return tuple(
        verb
        for verb in _ELSEWHERE
        if verb not in spoken_verbs and not re.search(rf"\b{verb.partition('-')[0][:-1]}", about)
    )


def unsupported_request(
    choices: Sequence[Wording], context: ToolContext, split: Split, rng: random.Random
) -> tuple[str, str] | None:
    """A request about the tools' own things that none of them can do, and an honest answer."""
    phrases = [phrase for wording in choices for phrase in (*wording.phrases, *wording.others)]
    verbs = _beyond_tools(context.about, frozenset(phrase.verb for phrase in phrases))
    with_identity = [wording for wording in choices if wording.identity]
    if not verbs:
        return None
    verb, noun, value = rng.choice(verbs), rng.choice(context.nouns), ""
    if with_identity and rng.random() < 0.7:
        wording = rng.choice(with_identity)
        identity = wording.identity or ""
        value_of_identity = wording.maker.make(rng, DrawOptions(split, 0.0, free=True)).get(
            identity
        )
        if isinstance(value_of_identity, str) and wording.noun:
            noun, value = (
                wording.noun,
                verbalize(value_of_identity, wording.maker.kind(identity), rng),
            )
    things = _BEFORE_VALUES if value else _THINGS
    thing = rng.choice(things).format(noun=noun, nouns=plural(noun), n=rng.randint(2, 9))
    verb = verb.replace("-", " ")
    do = " ".join(part for part in (verb, thing, value) if part)
    if rng.random() < TAIL_SHARE:
        do += rng.choice(_TAILS[split]).format(name=rng.choice(words.FIRST_NAMES))
    text = rng.choice(_FRAMES_OF_REQUESTS[split]).format(do=do, name=rng.choice(words.FIRST_NAMES))
    if context.first_word and rng.random() < BY_NAME_SHARE:
        text = f"{context.first_word} {verb} {value}"
    answer = rng.choice(("I have no tool to {} {}.", "None of my tools can {} {}."))
    subject = thing if thing in ("it", "everything") else with_a(noun)
    return sentence(typed(text, rng)), answer.format(verb, subject)
