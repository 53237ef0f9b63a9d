"""A sentence as it is typed: in small letters, without its end, with a slip of the fingers."""

import random
import re

CARELESS_SHARE = 0.2
"""Share of texts typed in small letters, most of them without an end mark."""
ENDLESS_SHARE = 0.7
SMALL_START_SHARE = 0.06
SLIP_SHARE = 0.05


def typed(text: str, rng: random.Random) -> str:
    """The text, most often as it was; it is the caller who knows what must survive."""
    if rng.random() < CARELESS_SHARE:
        text = text.lower()
        text = text.rstrip(".?") if rng.random() < ENDLESS_SHARE else text
    elif rng.random() < SMALL_START_SHARE and not re.match(r"(I\b|I'|[A-Z]{2})", text):
        text = text[0].lower() + text[1:]
    return _slipped(text, rng) if rng.random() < SLIP_SHARE else text


def _slipped(text: str, rng: random.Random) -> str:
    """Two neighbouring letters swapped, or one left out, inside one longer word."""
    words = list(re.finditer(r"[a-z]{5,}", text))
    if not words:
        return text
    word = rng.choice(words)
    place = rng.randint(word.start() + 1, word.end() - 2)
    pair = text[place : place + 2]
    return text[:place] + (pair[::-1] if rng.random() < 0.5 else pair[1]) + text[place + 2 :]
