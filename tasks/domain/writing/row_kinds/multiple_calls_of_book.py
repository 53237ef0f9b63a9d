"""Rows of several calls from a phrasebook: side by side, or each from the result before it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.domain.conversations import Message, Split
from tasks.domain.prompting.results import failed, result_text
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.answered import Answered
from tasks.domain.writing.book.drawing import by_use, family_of
from tasks.domain.writing.book.filling import (
    draw_arguments,
    filled,
    fixed_arguments,
    result_patterns,
    slots_inside,
    whole_slots,
)
from tasks.domain.writing.book.inner_slots import kept_words, words_of
from tasks.domain.writing.book.printing import printed_after
from tasks.domain.writing.book.saying import say_value
from tasks.domain.writing.book.taking import holds_nothing, take_value
from tasks.domain.writing.phrasebook import BookCall, CallsLine, fill, slots
from tasks.domain.writing.phrasing.requests import Request
from tasks.domain.writing.phrasing.spoken import mentions
from tasks.domain.writing.phrasing.typing_habits import typed
from tasks.domain.writing.phrasing.verbs import is_changing
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.row_kinds.desk import Desk
from tasks.domain.writing.row_kinds.multiple_calls import Several, turns_at_once
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.settling import type_of

_DRAWS = 8
"""Of a call's arguments, until its slots differ from those of the calls before."""


@dataclass(frozen=True)
class _Slot:
    """A slot's value and the kind of its parameter."""

    value: Any
    kind: str


@dataclass(frozen=True)
class _Step:
    """One call of a line, its arguments as far as they are known."""

    call: BookCall
    wording: Wording
    arguments: dict[str, Any]


def several_of_book(desk: Desk, split: Split, rng: random.Random) -> Several | None:
    """A conversation of one of the book's lines; None where none of them can be filled."""
    lines = desk.book.calls(split)
    for line in by_use(lines, desk.speech.uses, DrawOptions(split), rng):
        if (conversation := _conversation(desk, line, split, rng)) is not None:
            return conversation
    return None


def _conversation(desk: Desk, line: CallsLine, split: Split, rng: random.Random) -> Several | None:
    bound, steps = _bound(desk, line, split, rng)
    if not steps or not bound.keys() >= set(slots(line.text)):
        return None
    conversation = (
        _chained(desk, steps, rng) if line.order == "sequential" else _beside(desk, steps, rng)
    )
    if conversation is None:
        return None
    turns, first, is_simulated = conversation
    text = _text(desk, line, bound, rng)
    exact_words = kept_words(text, {str(place): step.arguments for place, step in enumerate(steps)})
    careless = typed(text, rng) if rng.random() < desk.data.paraphrase_share else text
    is_safe = exact_words <= words_of(careless) and _says_all(careless, bound)
    text = desk.speech.new_text(line, careless if is_safe else text, rng, exact_words)
    if not text or not _says_all(text, bound):
        return None
    fixed = tuple(name for call in line.calls for name in fixed_arguments(call))
    return Several(Request(text, family_of(line), fixed), turns, first.name, is_simulated)


def _bound(
    desk: Desk, line: CallsLine, split: Split, rng: random.Random
) -> tuple[dict[str, _Slot], list[_Step]]:
    """A value for each slot, and the calls with these values; no calls where one is not valid."""
    bound: dict[str, _Slot] = {}
    steps: list[_Step] = []
    for call in line.calls:
        wording, whole = desk.words[call.tool], whole_slots(call)
        arguments = _draw_new_arguments(wording, call, bound, split, rng)
        if arguments is None:
            return bound, []
        for parameter, slot in whole.items():
            bound.setdefault(slot, _Slot(arguments[parameter], wording.maker.kind(parameter)))
        steps.append(_Step(call, wording, arguments))
    draw = desk.book.drawing(split, rng)
    for name in slots(line.text):
        taken_values = [slot.value for slot in bound.values()]
        if name not in bound and (value := draw(name, taken_values)) is not None:
            bound[name] = _Slot(value, "")
    values = {name: slot.value for name, slot in bound.items()}
    if any({*slots_inside(call.arguments)} - values.keys() for call in line.calls):
        return bound, []
    return bound, [_with_values(step, values) for step in steps]


def _draw_new_arguments(
    wording: Wording, call: BookCall, bound: Mapping[str, _Slot], split: Split, rng: random.Random
) -> dict[str, Any] | None:
    """Arguments whose new slots have other values than those bound already, where there are some.

    None when no valid ones are found.
    """
    whole, options = whole_slots(call), DrawOptions(split, real=True)
    taken_values = {str(slot.value) for slot in bound.values()}
    arguments = None
    for _ in range(_DRAWS):
        arguments = draw_arguments(wording.maker, tuple(whole), fixed_arguments(call), rng, options)
        new = [str((arguments or {}).get(p)) for p, slot in whole.items() if slot not in bound]
        if arguments is None or not taken_values & {*new}:
            break
    return arguments


def _with_values(step: _Step, values: Mapping[str, Any]) -> _Step:
    texts = {n: filled(v, values) for n, v in step.call.arguments.items() if [*slots_inside(v)]}
    return _Step(step.call, step.wording, step.arguments | texts)


def _text(desk: Desk, line: CallsLine, bound: Mapping[str, _Slot], rng: random.Random) -> str:
    verbatim = rng.random() >= desk.data.paraphrase_share
    values = {
        name: say_value(line.text, name, bound[name].value, bound[name].kind, verbatim, rng)
        for name in slots(line.text)
    }
    return fill(line.text, values)


def _says_all(text: str, bound: Mapping[str, _Slot]) -> bool:
    return all(mentions(text, slot.value, slot.kind) for slot in bound.values())


_Conversation = tuple[tuple[Message, ...], ToolCall, bool]
"""The turns, the first call, and whether a result is made up."""


def _beside(desk: Desk, steps: Sequence[_Step], rng: random.Random) -> _Conversation | None:
    calls = [ToolCall(name=step.call.tool, arguments=step.arguments) for step in steps]
    if any(_fault(step, step.arguments) for step in steps):
        return None
    answers = [desk.replies.of(s.wording, c, rng) for s, c in zip(steps, calls, strict=True)]
    known_answers = [answered for answered in answers if answered is not None]
    if any(failed(answered.result) for answered in known_answers):
        return None
    wordings = [step.wording for step in steps]
    exchanges = list(zip(wordings, calls, answers, strict=True))
    is_simulated = any(answered.result.simulated for answered in known_answers)
    turns = turns_at_once(exchanges, desk.data.max_result_chars, rng)
    return turns, calls[0], is_simulated and len(known_answers) == len(calls)


def _chained(desk: Desk, steps: Sequence[_Step], rng: random.Random) -> _Conversation | None:
    limit, turns = desk.data.max_result_chars, list[Message]()
    calls: list[ToolCall] = []
    answers: list[Answered] = []
    for step in steps:
        if len(answers) < len(calls):
            return None  # the result that this call needs is not known
        arguments = _with_taken(step, result_text(answers[-1].result, limit) if answers else "")
        if arguments is None or _fault(step, arguments):
            return None
        calls.append(ToolCall(name=step.call.tool, arguments=arguments))
        turns.append(Message.assistant("", calls[-1]))
        answered = _answered_after(desk, steps, calls, rng)
        if answered is not None:
            # What the result before named is not denied by the next one.
            is_denied = result_patterns(step.call) and holds_nothing(answered.result.text)
            if failed(answered.result) or is_denied:
                return None
            answers.append(answered)
            turns.append(answered.turn(limit))
    if len(answers) == len(calls):
        last = answers[-1].tell_success(steps[-1].wording, calls[-1], limit, rng)
        turns.append(Message.assistant(last))
    return tuple(turns), calls[0], any(answered.result.simulated for answered in answers)


def _answered_after(
    desk: Desk, steps: Sequence[_Step], calls: Sequence[ToolCall], rng: random.Random
) -> Answered | None:
    """The answer to the last call, which must not deny what the calls before it have changed.

    Nothing is really changed, so a server that is asked afterwards does not know of it.
    """
    step = steps[len(calls) - 1]
    pairs = zip(steps, calls[:-1], strict=False)
    changes = [call for earlier, call in pairs if is_changing(earlier.wording.tool)]
    if changes and not is_changing(step.wording.tool):
        return printed_after(desk.book, changes, calls[-1], rng)
    return desk.replies.of(step.wording, calls[-1], rng)


def _with_taken(step: _Step, result: str) -> dict[str, Any] | None:
    """The arguments with those that the result before them gives; None where it gives none."""
    arguments = dict(step.arguments)
    for name, pattern in result_patterns(step.call).items():
        value = take_value(pattern, result)
        if value is None:
            return None
        is_list = type_of(step.wording.maker.settled(name)) == "array"
        arguments[name] = [value] if is_list else value
    return arguments


def _fault(step: _Step, arguments: dict[str, Any]) -> str:
    return step.wording.maker.fault(arguments)
