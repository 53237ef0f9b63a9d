"""Arguments said before the noun that they narrow: "the remote branches", "the last 5 commits"."""

import random
import re
from typing import Any

from tasks.domain.identifiers import is_plural, singular, spoken
from tasks.domain.writing.phrasing.spoken import verbalize
from tasks.domain.writing.values.maker import ArgumentMaker

BEFORE_SHARE = 0.6
"""Share of the arguments that could stand before the noun and do."""
LIMITS = re.compile(r"^(limit|max (count|results|items|number)|page size|top|count)$")
"""Names of parameters that say how many of the things a tool shows."""
_SORT = re.compile(r"^(?:(.+) )?(type|kind|state|status|visibility)$")
_LIMITED = ("last {v}", "last {v}", "{v} latest", "{v} newest", "first {v}", "{v} most recent")
_SEVERAL = 2
"""Of one thing nobody says "the last 1 issues"."""
_EVERY = frozenset({"all", "any", "every", "both"})
_PREPOSITION = re.compile(r" (?:with|in|of|for|by|from|to|as|at|on|that)\b")


def before_noun(
    thing: str, arguments: dict[str, Any], maker: ArgumentMaker, rng: random.Random
) -> tuple[str, dict[str, Any]]:
    """A plural thing with some of the arguments before it, and the arguments still to be said."""
    head = head_noun(thing)
    if not is_plural(head):
        return thing, arguments
    tail, rest = thing[len(head) :], dict(arguments)
    head = head.removeprefix("the ")
    for name, value in sorted(arguments.items(), key=lambda item: isinstance(item[1], int)):
        words = _words_before(head, name, value, maker, rng)
        if words and rng.random() < BEFORE_SHARE:
            head = f"{words} {head}"
            del rest[name]
    if len(rest) == len(arguments):
        return thing, arguments
    article = "" if head.split()[0] in _EVERY else "the "
    return f"{article}{head}{tail}", rest


def head_noun(thing: str) -> str:
    """What a thing is, without what follows: "the branches" of "the branches of a project"."""
    return _PREPOSITION.split(thing)[0]


def _words_before(
    head: str, name: str, value: Any, maker: ArgumentMaker, rng: random.Random
) -> str:
    noun = spoken(name)
    if type(value) is int:
        if not LIMITS.search(noun) or value < _SEVERAL:
            return ""
        return rng.choice(_LIMITED).replace("{v}", verbalize(value, maker.kind(name), rng))
    sort = _SORT.match(noun)
    if sort is None or not isinstance(value, str) or not re.fullmatch(r"[a-z]+", value):
        return ""
    of = sort[1]
    return value if of is None or singular(of) == singular(head.split()[-1]) else ""
