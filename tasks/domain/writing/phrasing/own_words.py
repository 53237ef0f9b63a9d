"""A tool's name → its words with the verb first, wherever the name has it."""

import re

from tasks.domain.identifiers import name_words, plural, singular, spoken
from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.phrasing.verbs import TELLING, VERBS, leading_verb, shared_first_word


def own_words(tool: Tool, toolset: Toolset) -> tuple[str, ...]:
    """The words of a tool's name without a prefix that is the server's name or on every tool."""
    words = name_words(tool.name)
    titled = name_words(tool.title)
    if len(words) == 1 and "".join(titled) == words[0]:
        return titled
    shared = shared_first_word(name_words(other.name) for other in toolset.tools)
    if len(words) > 1 and (shared or words[0] in name_words(toolset.server)):
        words = words[1:]
    return _verb_first(words, tool, toolset)


def _verb_first(words: tuple[str, ...], tool: Tool, toolset: Toolset) -> tuple[str, ...]:
    """The words of a name whose verb stands elsewhere: ``orders_refund``, ``sheets.getRange``."""
    space, _, own = re.sub(r"__|[./:]|-(?=[a-z]+_)", "\n", tool.name).rpartition("\n")
    if space and len(parts := name_words(own)) > 1 and _is_verb(parts[0], tool):
        return parts
    place = _place_of_verb(words, tool, toolset)
    if not place:
        return words
    rest = (*words[:place], *words[place + 1 :])
    nouns = {singular(spoken(n)) for n in tool.input_schema.get("required", ())}
    if words[place] == "list":
        rest = (*rest[:-1], plural(rest[-1]))
    elif place == len(words) - 1 and any(n.startswith(f"{singular(rest[-1])} ") for n in nouns):
        rest = (*rest[:-1], singular(rest[-1]))
    return (words[place], *rest)


def _place_of_verb(words: tuple[str, ...], tool: Tool, toolset: Toolset) -> int:
    """Where a name's verb stands: 0 at its start, or where there is none."""
    last = len(words) - 1
    if last < 1 or words[1] == "with":
        return 0
    is_first = _opens(tool.description, words[0]) or not _is_noun_first(words, toolset)
    if is_first and (leading_verb(words) or (last == 1 and _opens(tool.description, words[0]))):
        return 0
    by_description = next(
        (n for n, word in enumerate(words) if n and _opens(tool.description, word)), 0
    )
    verbs = TELLING if tool.read_only else VERBS
    return by_description or (last if leading_verb((words[last], "")) in verbs else 0)


def _is_verb(word: str, tool: Tool) -> bool:
    return leading_verb((word, "")) is not None or _opens(tool.description, word)


def _opens(description: str, verb: str) -> bool:
    """Whether a description opens with a verb: "Forks a repository" with ``fork``."""
    first = "".join(description.split(maxsplit=1)[:1]).lower()
    return first in (verb, f"{verb}s", f"{verb}es", f"{verb[:-1]}ies")


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
    if len(words) < 2 or not _opens(tool.description, words[0]):
        return None
    if len(words) == 2 and leading_verb((words[1], "")) is not None:
        return " ".join(words)
    return " ".join(words[:2]) if len(words) > 2 and words[1] in _PARTICLES else words[0]


_PARTICLES = frozenset(("to", "from", "for", "with", "on", "off", "up", "out"))
"""What belongs to the verb before it: "respond to"."""
