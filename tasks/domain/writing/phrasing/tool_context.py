"""What may be said of a server's tools beside their calls: their names, things and purposes."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.identifiers import name_words, pieces, plural, singular, with_a
from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.phrasing.spoken import listed
from tasks.domain.writing.phrasing.verbs import base_form, leading_verb, shared_first_word

TOOL_WORDS = frozenset(pieces("noun nouns a_noun other_noun another_noun tool purpose tools"))
"""The slots that ``ToolContext.words`` fills."""
_MOST_NAMED = 24
"""Tools that an answer names; nobody reads more."""
_LONGEST_PURPOSE = 160
"""Characters of a sentence that is repeated in an answer."""
_FEW = 3
"""Nouns of the tools' names below which those of their parameters count too."""
_LONGEST_NOUN = 14
"""Letters; what is longer is several words that nothing parts."""
_SENTENCE_END = re.compile(r"(?<=\w)[.!?](?=\s|$)|\n")


@dataclass(frozen=True)
class ToolContext:
    """What small talk and hard negatives may know of the tools."""

    nouns: tuple[str, ...]
    """The things that the tools deal with, in the singular."""
    about: str
    """All names and descriptions, in small letters."""
    verbs: frozenset[str]
    """The verbs that the tools' names open with, and that say nothing without the thing named
    beside them: "convert" of ``convert_time``, "reset" of ``git_reset``."""
    tools: tuple[Tool, ...]
    first_word: str = ""
    """What all tools' names begin with ("git"), if anything."""

    @classmethod
    def of(cls, toolset: Toolset) -> "ToolContext":
        """The context of a server's tools."""
        names = [name_words(tool.name) for tool in toolset.tools]
        texts = [f"{_spoken_name(tool)} {tool.description}" for tool in toolset.tools]
        first_word = shared_first_word(names)
        parts = [words[bool(first_word) :] for words in names if len(words) > 1]
        return cls(
            nouns=_nouns(toolset, first_word),
            about=" ".join(texts).lower(),
            verbs=frozenset(filter(None, map(leading_verb, parts))),
            tools=toolset.tools,
            first_word=first_word,
        )

    def words(self, rng: random.Random) -> dict[str, str]:
        """A noun of the tools in its forms, a tool that deals with it, and what this one is for.

        What a noun or the tool does not have is missing: the plural of what cannot be counted.
        """
        noun = rng.choice(self.nouns)
        dealing = [tool for tool in self.tools if noun in _words_of(tool)]
        tool = rng.choice(dealing or self.tools)
        is_mass = noun in _MASS_NOUNS
        words = {
            "noun": noun,
            "a_noun": noun if is_mass else with_a(noun),
            "tool": _spoken_name(tool),
            "tools": _named([tool.name for tool in self.tools]),
        }
        words |= {} if is_mass else {"nouns": plural(noun)}
        purpose = _SENTENCE_END.split(tool.description.strip())[0].strip()
        if 0 < len(purpose) <= _LONGEST_PURPOSE:
            words["purpose"] = f"{purpose[0].upper()}{purpose[1:]}."
        others = [other for other in self.nouns if other not in (noun, *_MASS_NOUNS)]
        if others:
            words["other_noun"] = rng.choice(others)
            words["another_noun"] = with_a(words["other_noun"])
        return words


_MASS_NOUNS = frozenset(
    pieces(
        "advice audio code content data feedback history information knowledge logging memory "
        "metadata money music network news output progress research software status storage text "
        "thinking time traffic video weather"
    )
)
"""Of which nobody says "many"."""
_NO_NOUNS = frozenset(
    pieces(
        "a an the of in on at by to for from with as and or not all new current is multiple after "
        "auto available back before hidden long more related text media specific server mcp max "
        "min repo path name names type info tiny running env sizes"
    )
)
_BOTH = frozenset(pieces("time file branch commit query log order message note report graph link"))


def _nouns(toolset: Toolset, first_word: str) -> tuple[str, ...]:
    """The nouns of the tools' names, sorted; where these are few, those that parameters are."""
    texts = " ".join(tool.description for tool in toolset.tools).lower()
    named = {
        singular(word)
        for tool in toolset.tools
        for word in name_words(tool.name)
        if _is_noun(word) and word != first_word
    }
    # A word that only names have is often a part of one: "freebusy", "hyper".
    nouns = {noun for noun in named if _is_in(noun, texts)} or named
    if len(named) < _FEW:
        nouns |= {
            singular(words[-1])
            for tool in toolset.tools
            for name, schema in tool.input_schema.get("properties", {}).items()
            if (words := name_words(name))
            and _is_noun(words[-1])
            and not (isinstance(schema, dict) and schema.get("type") == "boolean")
        }
    return tuple(sorted(nouns)) or ("tool",)


def _is_in(noun: str, texts: str) -> bool:
    return re.search(rf"\b({re.escape(noun)}|{re.escape(plural(noun))})", texts) is not None


def _is_noun(word: str) -> bool:
    is_verb = word.endswith("ed") or (base_form(word) is not None and word not in _BOTH)
    return 2 < len(word) <= _LONGEST_NOUN and word not in _NO_NOUNS and not is_verb


def _words_of(tool: Tool) -> set[str]:
    names = (tool.name, *tool.input_schema.get("properties", {}))
    return {singular(word) for name in names for word in name_words(name)}


def _spoken_name(tool: Tool) -> str:
    return " ".join(name_words(tool.name))


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return listed([*names[:_MOST_NAMED], *([f"{more} more"] if more > 0 else [])])


_WORDS = re.compile(r"\w+")


def bare(text: str) -> str:
    """A text without case and punctuation: texts that are equal so count as one."""
    return " ".join(_WORDS.findall(text.casefold()))
