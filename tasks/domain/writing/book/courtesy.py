"""A text once more, with words of courtesy before or behind it."""

import random
import re

_BEFORE = ("hey, ", "hi, ", "ok, ", "hello, ", "hi! ", "hey there, ", "alright, ", "one more: ")
_BEFORE_TALK = ("hey, ", "hi, ", "ok, ", "hm, ", "so, ", "hello, ")
_BEHIND = (" please", " pls", " plz", ", thanks", " thanks!", " thx", " ty", " asap", " :)")


_COURTEOUS = re.compile(
    r"(hi|hey|hello|hiya|yo|good (morning|evening|night|day)|thanks?|thx|ty|cheers|bye|ok|okay"
    r"|sorry|please|pls|alright)\b",
    re.IGNORECASE,
)


def greeted(text: str, rng: random.Random) -> str:
    """Small talk with a word before it; itself where it is such words."""
    return text if _COURTEOUS.match(text) else rng.choice(_BEFORE_TALK) + _small_start(text)


def with_manners(text: str, rng: random.Random) -> str:
    """A request, greeted or thanked for; one that greets itself is thanked for."""
    if not _COURTEOUS.match(text) and rng.random() < 0.5:
        return rng.choice(_BEFORE) + _small_start(text)
    return text.rstrip(" .") + rng.choice(_BEHIND)


def _small_start(text: str) -> str:
    is_name = re.match(r"(I\b|[A-Z]{2}|[^A-Za-z])", text)
    return text if is_name else text[0].lower() + text[1:]
