"""Rows that call nothing: requests that no tool meets, hard negatives, and talk."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from tasks.domain.conversations import Message, Row, Split
from tasks.domain.writing.book.drawing import by_use, family_of
from tasks.domain.writing.book.saying import say_value
from tasks.domain.writing.phrasebook import ChatLine, UnsupportedLine, fill, slots
from tasks.domain.writing.phrasing.hard_negatives import (
    Exchange,
    hard_negative,
    unsupported_request,
)
from tasks.domain.writing.phrasing.requests import Request
from tasks.domain.writing.phrasing.spoken import verbalize
from tasks.domain.writing.phrasing.typing_habits import typed
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.row_kinds.desk import Desk
from tasks.domain.writing.values.draw_options import DrawOptions

ABOUT_TOOLS_SHARE = 0.35
"""Of the talk for every server: lines about the tools' own names and things."""
OWN_VERB_SHARE = 0.6
"""Of the off-topic requests: those with a verb of the tools, where the book has some."""

TalkLine = ChatLine | UnsupportedLine


def no_tool_row(desk: Desk, split: Split, rng: random.Random) -> Row | None:
    """A text that calls nothing, and the reply to it; None when there are no more."""
    return next((row for row in _attempts(desk, split, rng) if row), None)


def _attempts(desk: Desk, split: Split, rng: random.Random) -> Iterator[Row | None]:
    """Rows of each kind, in the order that the profile's shares give for this one."""
    book, data = desk.book, desk.data
    own: list[Sequence[TalkLine]] = [book.unsupported(split), book.chat(split)]
    talk: list[Sequence[TalkLine]] = [book.about_tools(split), book.chat(split)]
    if book.says_no_call(split) and rng.random() < data.phrasebook_share:
        for lines in own if rng.random() < data.unsupported_share else reversed(own):
            yield _row_of(desk, lines, split, rng)
    if rng.random() < data.hard_negative_share:
        yield from _hard_negatives(desk, split, rng)
    for lines in talk if rng.random() < ABOUT_TOOLS_SHARE else reversed(talk):
        yield _row_of(desk, lines, split, rng)
    yield from _hard_negatives(desk, split, rng)


def _hard_negatives(desk: Desk, split: Split, rng: random.Random) -> Iterator[Row | None]:
    ways = (_hard_negative_row, _unsupported_row, _off_topic_row)
    return (write(desk, split, rng) for write in rng.sample(ways, len(ways)))


def _hard_negative_row(desk: Desk, split: Split, rng: random.Random) -> Row | None:
    exchange = hard_negative(_with_values(desk), desk.speech.spoken_values[split], split, rng)
    return _row_of_grammar(desk, exchange, f"hard-negative-{split}", split)


def _unsupported_row(desk: Desk, split: Split, rng: random.Random) -> Row | None:
    exchange = unsupported_request(_with_values(desk), desk.context, split, rng)
    return _row_of_grammar(desk, exchange, f"unsupported-{split}", split)


def _off_topic_row(desk: Desk, split: Split, rng: random.Random) -> Row | None:
    own = desk.off_topic_with_own_verbs[split]
    is_own = bool(own) and rng.random() < OWN_VERB_SHARE
    return _row_of(desk, own if is_own else desk.book.off_topic(split), split, rng)


def _with_values(desk: Desk) -> list[Wording]:
    return [words for words in desk.words.values() if words.maker.spoken_for]


def _row_of_grammar(desk: Desk, exchange: Exchange | None, family: str, split: Split) -> Row | None:
    if exchange is None or not desk.speech.is_new(exchange[0]):
        return None
    return _row(desk, Request(exchange[0], family), exchange[1], split)


def _row_of(desk: Desk, lines: Sequence[TalkLine], split: Split, rng: random.Random) -> Row | None:
    left = [line for line in lines if not desk.speech.is_used_up(line)]
    for line in by_use(left, desk.speech.uses, DrawOptions(split), rng):
        values = _values(desk, line, split, rng)
        if values is None:
            continue
        text = desk.speech.new_text(line, typed(fill(line.text, values), rng, full_stop=True), rng)
        if text:
            return _row(desk, Request(text, family_of(line)), fill(line.reply, values), split)
    return None


def _row(desk: Desk, user_request: Request, reply: str, split: Split) -> Row:
    return desk.row("no_tool", split, user_request, (Message.assistant(reply),))


def _values(desk: Desk, line: TalkLine, split: Split, rng: random.Random) -> dict[str, str] | None:
    """Words for a line's slots: values of parameters, words of the tools, or what any server has.

    None where one has none, such as a plural of what cannot be counted.
    """
    names = slots(line.text + line.reply)
    tool_words = desk.context.words(rng) if names else {}
    values: dict[str, str] = {}
    for name in names:
        having = (words for words in desk.words.values() if name in words.maker.properties)
        if wording := next(having, None):
            options = DrawOptions(split, optional=0.0, also=frozenset((name,)), free=True)
            value = wording.maker.make(rng, options).get(name)
            values[name] = _spoken_value(line, name, value, wording.maker.kind(name), rng)
        elif name in tool_words:
            values[name] = tool_words[name]
        elif choices := desk.book.general_values(name, split):
            values[name] = rng.choice(choices)
        else:
            return None
    return values


def _spoken_value(line: TalkLine, name: str, value: Any, kind: str, rng: random.Random) -> str:
    if name in slots(line.text):
        return say_value(line.text, name, value, kind, False, rng)
    return value if isinstance(value, str) else verbalize(value, "", rng)
