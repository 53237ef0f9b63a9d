"""A tool's name → its words with the verb first, wherever the name has it."""

import re
from functools import lru_cache

from tasks.domain.identifiers import name_words, plural, singular, spoken
from tasks.domain.products import Tool, Toolset
from tasks.domain.schemas.by_identity import ByIdentity
from tasks.domain.writing.phrasing.verbs import (
    CHANGING,
    ENOUGH,
    NOUNS,
    TELLING,
    VERBS,
    leading_verb,
    shared_first_word,
)
from tasks.domain.writing.values.parameters import SEVERAL


def own_words(tool: Tool, toolset: Toolset) -> tuple[str, ...]:
    """The words of a tool's name without a prefix that is the server's name or on every tool."""
    words = name_words(tool.name)
    titled = name_words(tool.title)
    if len(words) == 1 and "".join(titled) == words[0]:
        return titled
    if len(words) > 1 and _is_prefix(words[0], ByIdentity(toolset)):
        words = words[1:]
    words = words[:-1] if len(words) > 2 and words[-1] == "tool" else words
    words = (*(word for word in words[:-1] if word not in SEVERAL), *words[-1:])
    return _verb_first(_with_joint_verb(words), tool, toolset)


@lru_cache(maxsize=512)
def _is_prefix(word: str, of_list: ByIdentity) -> bool:
    """Whether a name's first word says nothing: on every tool, the server's name, or a space's.

    The name of a space is on several tools, is no verb, and stands in no description of theirs.
    """
    toolset: Toolset = of_list.value
    if word in name_words(toolset.server):
        return True
    if shared_first_word(name_words(other.name) for other in toolset.tools):
        return True
    tools = [tool for tool in toolset.tools if name_words(tool.name)[:1] == (word,)]
    is_verb = leading_verb((word, "")) is not None
    return len(tools) >= ENOUGH and not (
        is_verb or any(re.search(rf"(?i)\b{word}s?\b", tool.description) for tool in tools)
    )


def _with_joint_verb(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name, two verbs that it joins as one of them: ``get_or_create_label``."""
    place = next((n for n, word in enumerate(words[:-1]) if n and word in ("or", "and")), 0)
    verbs = words[place - 1 : place + 2]
    if not place or not all(leading_verb((verb, "")) for verb in (verbs[0], verbs[2])):
        return words
    return (" ".join(verbs), *words[: place - 1], *words[place + 2 :])


def _verb_first(words: tuple[str, ...], tool: Tool, toolset: Toolset) -> tuple[str, ...]:
    """The words of a name whose verb stands elsewhere: ``orders_refund``, ``sheets.getRange``."""
    if " " in "".join(words[:1]):
        return (words[0], *_of_one(words[1:], tool)) if len(words) > 1 else words
    space, _, own = re.sub(r"__|[./:]|-(?=[a-z]+_)", "\n", tool.name).rpartition("\n")
    parts = name_words(own) if space else ()
    if len(parts) > 1 and (leading_verb((parts[0], "")) or _opens(tool.description, parts[0])):
        return parts
    place = _place_of_verb(words, tool, toolset)
    if not place:
        return words
    rest = (*words[:place], *words[place + 1 :])
    if words[place] == "list" and not {"in", "of", "by", "for", "from"} & {*rest}:
        return (words[place], *rest[:-1], plural(rest[-1]))
    return (words[place], *_of_one(rest, tool))


def _of_one(things: tuple[str, ...], tool: Tool) -> tuple[str, ...]:
    """The words of a thing, in the singular where a call names one of it: ``pods_delete(name)``."""
    names = [spoken(name) for name in tool.input_schema.get("required", ())]
    one = singular(things[-1])
    is_one = any(name in NAMING or name.startswith(f"{one} ") for name in names)
    return (*things[:-1], one) if is_one else things


def _place_of_verb(words: tuple[str, ...], tool: Tool, toolset: Toolset) -> int:
    """Where a name's verb stands: 0 at its start, or where there is none."""
    last = len(words) - 1
    if last < 1 or words[1] == "with":
        return 0
    is_verb = leading_verb(words) or words[last] not in NOUNS
    opens = is_verb and _opens(tool.description, words[0])
    is_first = opens or not _is_noun_first(words, toolset)
    if is_first and (leading_verb(words) or (last == 1 and opens)):
        return 0
    by_description = next(
        (n for n, word in enumerate(words) if n and _opens(tool.description, word)), 0
    )
    if not (tool.read_only or leading_verb(words)):  # a list that is changed is not listed
        changing = next((n for n, word in enumerate(words) if word in CHANGING), 0)
        by_description = by_description or changing
    verbs = TELLING if tool.read_only else VERBS
    return by_description or (last if leading_verb((words[last], "")) in verbs else 0)


def _opens(description: str, verb: str) -> bool:
    """Whether a description opens with a verb: "Forks a repository" with ``fork``."""
    first = "".join(without_label(description).split(maxsplit=1)[:1]).lower()
    return first in (verb, f"{verb}s", f"{verb}es", f"{verb[:-1]}ies")


def without_label(description: str) -> str:
    """A description without what it opens with before it comes to the point: "Notion | "."""
    return _LABEL.sub("", description)


_LABEL = re.compile(r"^(?:[^|.\n]{1,30} \| |This (?:tool|function|endpoint) (?:will )?)")


def _is_noun_first(words: tuple[str, ...], toolset: Toolset) -> bool:
    """Whether a name opens with what several tools are about, and ends with what each does."""
    alike = [parts for t in toolset.tools if (parts := name_words(t.name))[:1] == words[:1]]
    ends = {parts[-1] for parts in alike if len(parts) == 2 and leading_verb((parts[-1], ""))}
    return len(ends) == len(alike) >= _ENOUGH_ALIKE


_ENOUGH_ALIKE = 2


def unknown_verb(words: tuple[str, ...], tool: Tool) -> str | None:
    """A name's first word, where the description opens with it too: "Forks a repository".

    Both words of a name of two verbs: ``force_terminate``; with its particle: ``interact_with_it``.
    """
    if len(words) > 2 and words[1] == "with":
        return " ".join(words[:2])
    if len(words) < 2 or words[1] in NOUNS or not _opens(tool.description, words[0]):
        return None
    if len(words) == 2 and leading_verb((words[1], "")) is not None:
        return " ".join(words)
    return " ".join(words[:2]) if len(words) > 2 and words[1] in _PARTICLES else words[0]


NAMING = frozenset(("name", "id", "gid", "uid", "guid", "key", "uuid", "identifier", "slug"))
"""Names of parameters that say which one is meant, and nothing of what it is."""
_NAMING_END = re.compile(rf"(?:^| )(?:{'|'.join(sorted(NAMING))}|number|path|title|ts)s?\b.*$")


_THING = re.compile(
    r"(?i)(?:the |an? |unique )*(?:(?:id|name|key|slug) of (?:the |an? )(?P<of>[a-z ]+?)"
    r"(?= to | for | in | where | that |[.,(]|$)|(?P<own>[a-z ]+?) (?:id|name|key|slug)\b)"
)
"""What a description says that an id is of: "The name of the Pod to delete"."""


_INDEX = re.compile(
    r"^(?!(?:start|end|from|to|new|old|max|min|begin|stop|first|last|insert|target|source)\b)"
    r"(.+) index$"
)


def stem(parameter: str, description: str = "") -> str:
    """The thing that a parameter names: 'channel' of ``channel_id``; empty where it says none."""
    own = _NAMING_END.sub("", _INDEX.sub(r"\1", spoken(parameter)))
    match = None if own else _THING.match(description)
    return (match["of"] or match["own"]).split()[-1].lower() if match else own


_PARTICLES = frozenset(("to", "from", "for", "with", "on", "off", "up", "out"))
"""What belongs to the verb before it: "respond to"."""
