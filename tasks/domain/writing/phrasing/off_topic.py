"""What people ask an assistant for and a server's tools do not do: "set an alarm for 7".

The tools' own verbs come with foreign things, too: beside ``convert_time``, "convert 30 miles to
kilometres" shows that a verb makes no call.
"""

import random
import re
from functools import lru_cache

from tasks.domain.conversations import Split
from tasks.domain.identifiers import singular
from tasks.domain.writing.lexicon import Lexicon
from tasks.domain.writing.phrasing.frames import REQUEST_FRAMES
from tasks.domain.writing.phrasing.requests import sentence
from tasks.domain.writing.phrasing.tool_context import Exchange, ToolContext
from tasks.domain.writing.phrasing.typing_habits import typed
from tasks.domain.writing.values import words

_LEXICON = Lexicon("off_topic")

_REQUESTS = _LEXICON.lists("requests")
"""Verb → the rest of the request; every fourth is kept for the held-out split."""
_FRAMES_OF_REQUESTS: dict[Split, tuple[str, ...]] = {
    "train": (
        "{do}",
        *REQUEST_FRAMES["train"],
        "{do} pls",
        "I want you to {do}.",
        "hey, {do}",
        "I forgot to {do}. Can you do it?",
    ),
    "heldout": (*REQUEST_FRAMES["heldout"], "{name} says you can {do}.", "go and {do}."),
}
_ANSWERS = _LEXICON.texts("answers")
_OWN_VERB_SHARE = 0.6
_SMALL = 4
"""Letters of a word that says something about a tool's subject."""


def off_topic_request(context: ToolContext, split: Split, rng: random.Random) -> Exchange | None:
    """A text and its answer; None where the tools deal with all of these things."""
    own, others = _foreign(context.about, split)
    choices = own if own and (not others or rng.random() < _OWN_VERB_SHARE) else others
    if not choices:
        return None
    do = rng.choice(choices).format(
        name=rng.choice(words.FIRST_NAMES), city=rng.choice(words.CITIES), n=rng.randint(2, 90)
    )
    frame = rng.choice(_FRAMES_OF_REQUESTS[split])
    text = frame.format(do=do, name=rng.choice(words.FIRST_NAMES))
    return sentence(typed(text, rng)), rng.choice(_ANSWERS)


@lru_cache(maxsize=64)
def _foreign(about: str, split: Split) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The requests whose things no tool deals with: with a tool's own verb, and with another."""
    own_words = _words(about)
    every = [(verb, rest) for verb, rests in _REQUESTS.items() for rest in rests]
    own, others = list[str](), list[str]()
    for place, (verb, rest) in enumerate(every):
        if (place % 4 == 3) != (split == "heldout") or _deals_with(own_words, rest):
            continue
        (own if verb in own_words else others).append(f"{verb} {rest}")
    return tuple(own), tuple(others)


def _deals_with(own_words: frozenset[str], rest: str) -> bool:
    things = _words(re.sub(r"\{\w+\}", "", rest.lower()))
    return any(len(thing) >= _SMALL and thing in own_words for thing in things)


def _words(text: str) -> frozenset[str]:
    """The words of a text, a plural as its singular."""
    return frozenset(singular(word) for word in re.findall(r"[a-z]+", text))
