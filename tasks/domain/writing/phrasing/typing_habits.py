"""A sentence as it is typed: in small letters, without its end, with a slip of the fingers.

Requests that call a tool and those that need none are typed alike: else a model learns that small
letters mean small talk.
"""

import random
import re

CARELESS_SHARE = 0.6
"""Share of texts typed in small letters, most of them without an end mark."""
ENDLESS_SHARE = 0.8
CAREFUL_SHARE = 0.25
"""Share of texts with a capital and an end mark; the others are as their line or frame has them."""
SLIP_SHARE = 0.05
_ASKS = re.compile(
    r"(what|which|who|whose|where|when|why|how|is|are|am|was|were|do|does|did|can|could|will|would|"
    r"should|shall|may|might|has|have|any)\b|what'?s\b",
    re.IGNORECASE,
)
_COMMAND_LINE = re.compile(r"(^| )--?\w")


def typed(text: str, rng: random.Random, *, full_stop: bool = False) -> str:
    """The text in one of these ways; it is the caller who knows what must survive.

    ``full_stop``: whether one may be added, as it may not behind a value that is taken over.
    """
    way = rng.random()
    if way < CARELESS_SHARE:
        text = text.lower()
        text = text.rstrip(".?") if rng.random() < ENDLESS_SHARE else text
    elif way < CARELESS_SHARE + CAREFUL_SHARE:
        text = _with_care(text, full_stop)
    else:
        text = text.removesuffix(".")
    return _slipped(text, rng) if rng.random() < SLIP_SHARE else text


def _with_care(text: str, full_stop: bool) -> str:
    """The text with a capital and an end mark; what is typed into a shell stays."""
    if not re.match(r"[^\W\d_]+('\w+)?[ ,.:?!]", text) or _COMMAND_LINE.search(text):
        return text
    end = "?" if _ASKS.match(text) else "." if full_stop else ""
    return text[0].upper() + text[1:] + (end if text[-1].isalnum() else "")


def _slipped(text: str, rng: random.Random) -> str:
    """Two neighbouring letters swapped, or one left out, inside one longer word."""
    words = list(re.finditer(r"[a-z]{5,}", text))
    if not words:
        return text
    word = rng.choice(words)
    place = rng.randint(word.start() + 1, word.end() - 2)
    pair = text[place : place + 2]
    return text[:place] + (pair[::-1] if rng.random() < 0.5 else pair[1]) + text[place + 2 :]
