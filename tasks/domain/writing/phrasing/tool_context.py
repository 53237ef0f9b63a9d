"""What small talk may know of a server's tools."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from tasks.domain.identifiers import name_words, singular
from tasks.domain.products import Toolset
from tasks.domain.writing.phrasing import knowledge
from tasks.domain.writing.phrasing.verbs import base_form, shared_first_word
from tasks.domain.writing.values.words import pieces


@dataclass(frozen=True)
class ToolContext:
    """What small talk may know of the tools: their names, and the nouns they deal with."""

    tools: tuple[str, ...]
    nouns: tuple[str, ...]
    about: str
    purposes: tuple[tuple[str, str], ...]
    """Of each tool: its name in words, and the first sentence that describes it."""
    first_word: str = ""
    """What all tools' names begin with ("git"), if anything."""

    @classmethod
    def of(cls, toolset: Toolset) -> "ToolContext":
        """The context of a server's tools."""
        texts = " ".join(f"{' '.join(name_words(t.name))} {t.description}" for t in toolset.tools)
        purposes = tuple(
            (" ".join(name_words(t.name)), _FIRST_SENTENCE.split(t.description.strip())[0])
            for t in toolset.tools
        )
        names = tuple(t.name for t in toolset.tools)
        first_word = shared_first_word(name_words(t.name) for t in toolset.tools)
        return cls(names, nouns(toolset), texts.lower(), purposes, first_word)


_FIRST_SENTENCE = re.compile(r"(?<=\w)[.\n]")
Exchange = tuple[str, str]
Family = Callable[[random.Random, ToolContext], Exchange]

_SMALL_WORDS = frozenset(
    pieces(
        "a an the of in on at by to for from with as and or not all new current is multiple "
        "long text media specific server mcp max min repo path name names type unstaged staged "
        "info structured annotated tiny running env allowed sizes"
    )
)


def nouns(toolset: Toolset) -> tuple[str, ...]:
    """The nouns of the tools' names and parameters, in the singular, sorted."""
    counts = {
        singular(word)
        for tool in toolset.tools
        for name in (tool.name, *tool.input_schema.get("properties", {}))
        for word in name_words(name)
        if len(word) > 2 and word not in _SMALL_WORDS and (base_form(word) is None or word in _BOTH)
    }
    return tuple(sorted(counts & set(knowledge.DEFINITIONS)) or sorted(counts) or ("tool",))


_BOTH = frozenset(pieces("time file branch commit query log order message note report graph link"))


_WORDS = re.compile(r"\w+")


def bare(text: str) -> str:
    """A text without case and punctuation: texts that are equal so count as one."""
    return " ".join(_WORDS.findall(text.casefold()))
