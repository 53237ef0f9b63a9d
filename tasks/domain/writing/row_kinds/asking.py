"""Rows whose request lacks a value: the assistant asks for it."""

import random

from tasks.domain.conversations import Message, Row, Split
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.book.drawing import by_use, family_of
from tasks.domain.writing.book.filling import draw_arguments
from tasks.domain.writing.book.inner_slots import kept_words, with_inner_values
from tasks.domain.writing.book.saying import say_text, type_keeping
from tasks.domain.writing.phrasebook import ClarifyLine, slots
from tasks.domain.writing.phrasing.answers import ask
from tasks.domain.writing.phrasing.requests import Request
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.row_kinds.calling import OPTIONAL_SHARE
from tasks.domain.writing.row_kinds.desk import Desk
from tasks.domain.writing.scenarios import askable
from tasks.domain.writing.values.draw_options import DrawOptions


def ambiguous_row(desk: Desk, wording: Wording, split: Split, rng: random.Random) -> Row | None:
    """A question for what is missing; from the book with the user's answer and the call."""
    lines = desk.book.clarifying(wording.tool.name, split)
    if desk.speech.asks_book(lines, rng):
        options = DrawOptions(split, OPTIONAL_SHARE, free=True)
        for line in by_use(lines, desk.speech.uses, options, rng):
            if (row := _row_of(desk, line, wording, options, rng)) is not None:
                return row
    return _question_row(desk, wording, split, rng)


def _question_row(desk: Desk, wording: Wording, split: Split, rng: random.Random) -> Row | None:
    makers = [words.maker for words in desk.words.values()]
    missing = rng.choice(askable(wording.maker, makers))
    options = DrawOptions(split, OPTIONAL_SHARE, free=True)
    pair = desk.speech.from_schema(wording, options, rng, missing)
    if pair is None:
        return None
    turns = (Message.assistant(ask(wording, missing, rng)),)
    row = desk.row("ambiguous", split, pair[0], turns)
    return row.model_copy(update={"missing": missing})


def _row_of(
    desk: Desk, line: ClarifyLine, wording: Wording, options: DrawOptions, rng: random.Random
) -> Row | None:
    plain = with_inner_values(line, desk.book.drawing(options.split, rng))
    if plain is None:
        return None
    slot_names = slots(f"{plain.text} {plain.answer}")
    arguments = draw_arguments(wording.maker, slot_names, plain.fixed, rng, options)
    if arguments is None:
        return None
    words = wording.for_one(rng)
    text, answer = (_typed(part, arguments, words, rng) for part in (plain.text, plain.answer))
    values = {name: arguments[name] for name in slot_names}
    exact_words = kept_words(text, arguments)
    if not words.says(f"{text}\n{answer}", values) or not (
        text := desk.speech.new_text(line, text, rng, exact_words)
    ):
        return None
    call = ToolCall(name=wording.tool.name, arguments=arguments)
    turns = (
        Message.assistant(say_text(plain.question, arguments, words, rng)),
        Message(role="user", content=answer),
        Message.assistant("", call),
    )
    user_request = Request(text, family_of(line), tuple(line.fixed))
    row = desk.row("ambiguous", options.split, user_request, turns)
    return row.model_copy(update={"missing": line.missing[0]})


def _typed(text: str, arguments: dict[str, object], wording: Wording, rng: random.Random) -> str:
    values = {name: arguments[name] for name in slots(text)}
    sentence = say_text(text, arguments, wording, rng)
    return type_keeping(kept_words(sentence, arguments), sentence, values, wording, rng)
