"""Rows that call nothing: small talk, hard negatives, and requests that no tool meets."""

import random
from collections.abc import Callable
from typing import Any

from tasks.domain.conversations import Message, Row, Split
from tasks.domain.writing.book.drawing import by_use, family_of
from tasks.domain.writing.book.saying import say_value
from tasks.domain.writing.phrasebook import ChatLine, UnsupportedLine, fill, slots
from tasks.domain.writing.phrasing.hard_negatives import hard_negative, unsupported_request
from tasks.domain.writing.phrasing.off_topic import off_topic_request
from tasks.domain.writing.phrasing.requests import Request
from tasks.domain.writing.phrasing.small_talk import talk
from tasks.domain.writing.phrasing.spoken import verbalize
from tasks.domain.writing.phrasing.tool_context import Exchange, bare
from tasks.domain.writing.phrasing.typing_habits import typed
from tasks.domain.writing.row_kinds.desk import Desk
from tasks.domain.writing.values.draw_options import DrawOptions

TalkLine = ChatLine | UnsupportedLine


def no_tool_row(desk: Desk, split: Split, rng: random.Random) -> Row | None:
    """A text that calls nothing, and the reply to it."""
    lines: list[TalkLine] = [*desk.book.unsupported(split), *desk.book.chat(split)]
    if desk.speech.asks_book(lines, rng) and (row := _row_of_book(desk, split, rng)):
        return row
    if rng.random() < desk.data.hard_negative_share and (
        row := _hard_negative_row(desk, split, rng)
    ):
        return row
    result = talk(desk.context, split, desk.speech.used, rng)
    if result is None:
        return None
    return _row(desk, Request(result.text, result.family), result.answer, split)


def _hard_negative_row(desk: Desk, split: Split, rng: random.Random) -> Row | None:
    choices = [words for words in desk.words.values() if words.maker.spoken_for]
    kinds: dict[str, Callable[[], Exchange | None]] = {
        "hard-negative": lambda: hard_negative(
            choices, desk.speech.spoken_values[split], split, rng
        ),
        "unsupported": lambda: unsupported_request(choices, desk.context, split, rng),
        "off-topic": lambda: off_topic_request(desk.context, split, rng),
    }
    kind = rng.choice(tuple(kinds))
    result = kinds[kind]()
    if result is None or bare(result[0]) in desk.speech.used:
        return None
    text, reply = result
    return _row(desk, Request(text, f"{kind}-{split}"), reply, split)


def _row(desk: Desk, user_request: Request, reply: str, split: Split) -> Row:
    desk.speech.used.add(bare(user_request.text))
    return desk.row("no_tool", split, user_request, (Message(role="assistant", content=reply),))


def _row_of_book(desk: Desk, split: Split, rng: random.Random) -> Row | None:
    kinds: list[tuple[TalkLine, ...]] = [desk.book.unsupported(split), desk.book.chat(split)]
    if rng.random() >= desk.data.unsupported_share:
        kinds.reverse()
    for lines in kinds:
        for line in by_use(lines, desk.speech.uses, DrawOptions(split), rng):
            values = _values(desk, line, split, rng)
            if values is None:
                continue
            text = desk.speech.new_text(line, typed(fill(line.text, values), rng), rng)
            if text:
                return _row(desk, Request(text, family_of(line)), fill(line.reply, values), split)
    return None


def _values(desk: Desk, line: TalkLine, split: Split, rng: random.Random) -> dict[str, str] | None:
    """Words for a line's slots: values of the tools' parameters of these names."""
    values: dict[str, str] = {}
    for name in slots(f"{line.text} {line.reply}"):
        wording = next((w for w in desk.words.values() if name in w.maker.properties), None)
        if wording is None:
            return None
        options = DrawOptions(split, optional=0.0, also=frozenset((name,)), free=True)
        value = wording.maker.make(rng, options).get(name)
        values[name] = _said(line, name, value, wording.maker.kind(name), rng)
    return values


def _said(line: TalkLine, name: str, value: Any, kind: str, rng: random.Random) -> str:
    if name in slots(line.text):
        return say_value(line.text, name, value, kind, False, rng)
    return value if isinstance(value, str) else verbalize(value, "", rng)
