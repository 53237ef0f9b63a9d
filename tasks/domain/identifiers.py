"""Names as people say them: ``source_timezone`` → "source timezone", ``branchId`` → "branch id"."""

import random
import re
from functools import lru_cache


def pieces(text: str) -> tuple[str, ...]:
    """A list of words that is written as one text."""
    return tuple(text.split())


_SMALL = r"[^\W\d_A-Z]"
"""A letter of any script but a Latin capital: only Latin names are taken apart at capitals."""
_PIECES = re.compile(rf"[A-Z]+(?=[A-Z]{_SMALL})|[A-Z]?{_SMALL}+|[A-Z]+|\d+")
_WHOLE_WORDS = {
    "env": "environment",
    "repo": "repository",
    "dir": "directory",
    "dirs": "directories",
    "msg": "message",
    "num": "number",
    "col": "column",
    "cols": "columns",
    "pos": "position",
    "info": "information",
    "desc": "description",
    "config": "configuration",
    "img": "image",
    "url": "URL",
    "urls": "URLs",
    "uri": "URI",
    "sql": "SQL",
    "api": "API",
    "html": "HTML",
    "csv": "CSV",
    "pdf": "PDF",
}
_CLOSED_UP = {
    "filepath": "file path",
    "filepaths": "file paths",
    "filename": "file name",
    "filenames": "file names",
    "dirpath": "dir path",
}
"""Words that names write as one."""
_IRREGULAR = {"children": "child", "people": "person"}
_SAME_IN_PLURAL = frozenset(
    pieces("information content news data metadata weather status series access progress analysis")
)


_OTHER_NOUNS: dict[str, tuple[str, ...]] = {
    "directory": ("folder", "dir"),
    "repository": ("repo",),
    "image": ("picture", "pic"),
    "email": ("mail",),
    "issue": ("ticket",),
    "task": ("to-do",),
    "document": ("file", "doc"),
    "database": ("db",),
    "application": ("app",),
    "notification": ("alert",),
}
"""What people call a thing instead, and many of it likewise."""
OTHER_NOUN_SHARE = 0.25
_DETERMINED = frozenset(pieces("the a an all any some every each it this that everything"))
_GOING_ON = frozenset(
    pieces("logging thinking monitoring processing tracking testing sharing streaming caching")
)
"""Activities: "toggle logging", not "toggle the logging"."""


@lru_cache(maxsize=4096)
def name_words(name: str) -> tuple[str, ...]:
    """The words of an identifier, in lower case."""
    pieces = (piece.lower() for piece in _PIECES.findall(name))
    return tuple(word for piece in pieces for word in _CLOSED_UP.get(piece, piece).split())


@lru_cache(maxsize=4096)
def spoken(name: str) -> str:
    """An identifier as words that people say."""
    return " ".join(_WHOLE_WORDS.get(word, word) for word in name_words(name))


def in_other_nouns(text: str, rng: random.Random) -> str:
    """A phrase, its nouns now and then replaced by others of the same meaning."""
    if rng.random() >= OTHER_NOUN_SHARE:
        return text
    text = re.sub(r"\w+", lambda word: rng.choice(OTHER_NOUNS.get(word[0], (word[0],))), text)
    return text.replace("detailed details", "details")


def is_plural(noun: str) -> bool:
    """Whether a noun (its last word) is in the plural."""
    last = noun.split()[-1].lower() if noun else ""
    is_regular = last.endswith("s") and not last.endswith(("ss", "us", "is"))
    return (is_regular and last not in _SAME_IN_PLURAL) or last in _IRREGULAR


def singular(noun: str) -> str:
    """One of many: 'entities' → 'entity', 'file names' → 'file name'."""
    if not is_plural(noun):
        return noun
    if (last := noun.split()[-1]) in _IRREGULAR:
        return noun.removesuffix(last) + _IRREGULAR[last]
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    if noun.endswith(("xes", "ches", "shes", "sses")):
        return noun[:-2]
    return noun[:-1]


def plural(noun: str) -> str:
    """Many of one: 'entity' → 'entities'; a name without words stays as it is."""
    if not noun.strip() or is_plural(noun) or noun.split()[-1] in _SAME_IN_PLURAL:
        return noun
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


OTHER_NOUNS: dict[str, tuple[str, ...]] = {
    **_OTHER_NOUNS,
    **{plural(noun): tuple(map(plural, others)) for noun, others in _OTHER_NOUNS.items()},
    "log": ("history",),
    "logs": ("history",),
    "status": ("state",),
    "information": ("details", "info"),
    "picture": ("image",),
    "customer": ("client",),
    "appointment": ("meeting",),
    "presentation": ("deck", "slides"),
    "presentations": ("decks",),
    "spreadsheet": ("sheet", "file"),
    "message": ("text",),
    "name": ("title",),
    "contents": ("text",),
    "configuration": ("config", "settings"),
    "environment": ("env",),
    "paragraph": ("para",),
    "conversation": ("chat",),
    "properties": ("metadata",),
}
"""What people call a thing instead."""


def with_a(noun: str) -> str:
    """A noun with 'a' or 'an'; 'some' before a plural, nothing before what cannot be counted."""
    if not noun.strip():
        return noun
    if is_plural(noun) or noun.split()[-1].lower() in _SAME_IN_PLURAL:
        return f"some {noun}"
    vowel = re.match(r"[aeio]|u[^nrs]|un[^i]|h(our|onest)|[FHLMNRSX](?=[A-Z])|SQL", noun)
    return f"{'an' if vowel and not noun.startswith(('one', 'URL', 'URI')) else 'a'} {noun}"


def with_the(noun: str) -> str:
    """A noun with 'the', unless it has a word of that kind or is something that goes on."""
    if not noun.strip():
        return noun
    first, last = noun.split()[0], noun.split()[-1]
    if first in _DETERMINED or last in _GOING_ON:
        return noun
    return f"the {noun}"
