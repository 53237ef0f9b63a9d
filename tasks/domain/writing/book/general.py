"""Which lines of the book for every server are for one list: none that its tools could meet."""

import re
from collections.abc import Iterable, Sequence

from tasks.domain.identifiers import singular
from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.lexicon import Lexicon
from tasks.domain.writing.phrasebook import (
    ChatLine,
    Line,
    SaidLine,
    UnsupportedLine,
    ValuesLine,
    skeleton,
    slots,
)
from tasks.domain.writing.phrasing.tool_context import ToolContext

_LEXICON = Lexicon("topics")
_TOPICS = tuple(
    (re.compile(rf"\b({each['tools']})"), re.compile(each["texts"], re.IGNORECASE))
    for each in _LEXICON.entries("topics")
)
_SMALL_WORDS = frozenset(_LEXICON.texts("small_words"))
_SHORT = 3
"""Letters of words that say nothing of what a tool is about."""


def general_lines(lines: Sequence[Line], toolset: Toolset, own: Sequence[Line]) -> tuple[Line, ...]:
    """The lines that no tool of a list could meet, and that its own book has not.

    Left out is what has a word of the tools' names and parameters, a topic of theirs, or a slot
    that is a parameter. An off-topic request may have a tool's own verb, as "convert 5 miles to
    kilometres" has beside ``convert_time``, and then no word of what describes the tools either.
    """
    tools = toolset.tools
    parameters = _parameters(tools)
    named = _words([*(tool.name for tool in tools), *parameters])
    described = _subjects(tools)
    context = ToolContext.of(toolset)
    excluded = {ChatLine: named, UnsupportedLine: described - context.verbs - _SMALL_WORDS}
    about = context.about + " " + " ".join(sorted(parameters)).lower()
    topics = [texts for mention, texts in _TOPICS if mention.search(about)]
    own_texts = {skeleton(line.text) for line in own if isinstance(line, SaidLine)}

    def fits(line: Line) -> bool:
        if not isinstance(line, ChatLine | UnsupportedLine):
            return isinstance(line, ValuesLine)
        return (
            skeleton(line.text) not in own_texts
            and parameters.isdisjoint(slots(line.text + line.reply))
            and excluded[type(line)].isdisjoint(_words([line.text]))
            and not any(topic.search(line.text) for topic in topics)
        )

    return tuple(filter(fits, lines))


def met_by_none(
    lines: Sequence[Line], new_tools: Sequence[Tool], its_tools: Sequence[Tool]
) -> list[Line]:
    """The lines of a book for a list that has tools which its writer did not know.

    Requests that no tool meets are left out where they have a word of the new tools that the book's
    own (``its_tools``) have not: one of the new tools may meet them.
    """
    words = _subjects(new_tools) - _subjects(its_tools) - _SMALL_WORDS
    return [
        line
        for line in lines
        if not isinstance(line, UnsupportedLine) or words.isdisjoint(_words([line.text]))
    ]


def _subjects(tools: Sequence[Tool]) -> set[str]:
    first_lines = (tool.description.partition("\n")[0] for tool in tools)
    return _words([*(tool.name for tool in tools), *_parameters(tools), *first_lines])


def _parameters(tools: Iterable[Tool]) -> set[str]:
    return {name for tool in tools for name in tool.input_schema.get("properties", {})}


def _words(texts: Iterable[str]) -> set[str]:
    words = (word for text in texts for word in skeleton(text.replace("_", " ")).split())
    return {singular(word) for word in words if len(word) > _SHORT}
