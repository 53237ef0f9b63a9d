"""A request once more, with words of courtesy before or behind it."""

import random
import re

_BEFORE = ("hey, ", "hi, ", "ok, ", "hello, ", "hi! ", "hey there, ", "alright, ", "one more: ")
_BEHIND = (" please", " pls", " plz", ", thanks", " thanks!", " thx", " ty", " asap", " :)")


def with_manners(text: str, rng: random.Random) -> str:
    """The text, greeted or thanked for."""
    if rng.random() < 0.5:
        return rng.choice(_BEFORE) + _small_start(text)
    return text.rstrip(" .") + rng.choice(_BEHIND)


def _small_start(text: str) -> str:
    is_name = re.match(r"(I\b|[A-Z]{2}|[^A-Za-z])", text)
    return text if is_name else text[0].lower() + text[1:]
