"""Conversations with more than one call: side by side, one from the other's answer, or again.

All calls are executed as those of other rows are; only a failure that passes is made up.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tasks.domain.conversations import Message, Split
from tasks.domain.identifiers import spoken, with_a
from tasks.domain.prompting.results import failed, result_text
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.answered import Answered
from tasks.domain.writing.harvest import Link
from tasks.domain.writing.phrasing.phrases import SLOT, named_slot, thing_of
from tasks.domain.writing.phrasing.requests import Request, request
from tasks.domain.writing.phrasing.verbs import is_changing
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.row_kinds.desk import Desk
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.instances import split_of

TRIES = 12
"""Conversations begun before none is made."""
OPTIONAL_SHARE = 0.15
_BESIDE: dict[Split, tuple[str, ...]] = {
    "train": ("{a} {b}", "{a} Also: {b}", "Two things. {a} {b}", "1) {a} 2) {b}", "{a} And: {b}"),
    "heldout": ("{a} Another thing: {b}", "First: {a} Second: {b}"),
}
_THEN: dict[Split, tuple[str, ...]] = {
    "train": ("{a} Then {do}.", "{a} After that, {do}.", "{a} Then please {do}."),
    "heldout": ("{a} Next, {do}.", "{a} When you have that, {do}."),
}
_PLACES = {0: "first", 1: "second", -1: "last"}
_REFUSED = (
    "The service is not available at the moment, try again",
    "Too many requests, try again",
)
"""Failures of which nothing came: they are gone when the same call is made once more."""
_PASSING = (*_REFUSED, "The request timed out after 30 seconds", "Connection reset by peer")
"""The same, and those after which a change may have been made: it is not made again."""


@dataclass(frozen=True)
class Several:
    """What is said and done in one such conversation."""

    request: Request
    turns: tuple[Message, ...]
    tool: str
    simulated: bool


def several(desk: Desk, split: Split, rng: random.Random) -> Several | None:
    """A conversation with two calls; None when this server has none, or no more."""
    ways = [_side_by_side, *([_one_from_the_other] if desk.links else [])]
    if split == "train":
        ways.append(_again)
    for _ in range(TRIES):
        conversation = rng.choice(ways)(desk, split, rng)
        if conversation is not None:
            return conversation
    return None


@dataclass(frozen=True)
class _Exchange:
    """One call with its answer, where there is one."""

    request: Request
    call: ToolCall
    answered: Answered | None
    wording: Wording


def _exchange(desk: Desk, wording: Wording, split: Split, rng: random.Random) -> _Exchange | None:
    pair = desk.speech.request(wording, DrawOptions(split, OPTIONAL_SHARE, real=True), rng)
    if pair is None:
        return None
    answered = desk.replies.of(wording, pair[1], rng)
    if answered is not None and failed(answered.result):
        return None
    return _Exchange(*pair, answered, wording)


def _any(desk: Desk, rng: random.Random) -> Wording:
    return rng.choice(
        [words for words in desk.words.values() if words.maker.spoken_for]
        or list(desk.words.values())
    )


def _side_by_side(desk: Desk, split: Split, rng: random.Random) -> Several | None:
    limit = desk.data.max_result_chars
    one = _exchange(desk, _any(desk, rng), split, rng)
    other = _exchange(desk, _any(desk, rng), split, rng)
    if one is None or other is None or one.call == other.call:
        return None
    text = rng.choice(_BESIDE[split]).format(a=_ended(one.request.text), b=other.request.text)
    both = (one, other)
    turns = turns_at_once([(d.wording, d.call, d.answered) for d in both], limit, rng)
    simulated = len(turns) > 1 and any(d.answered and d.answered.result.simulated for d in both)
    fixed = one.request.fixed + other.request.fixed
    user_request = Request(text, f"several-beside-{split}", fixed)
    return Several(user_request, turns, one.call.name, simulated)


def turns_at_once(
    exchanges: Sequence[tuple[Wording, ToolCall, Answered | None]], limit: int, rng: random.Random
) -> tuple[Message, ...]:
    """All calls in one turn; where every answer is there, the results and what is said of them."""
    calls = Message.assistant("", *(call for _, call, _ in exchanges))
    with_answers = [(wording, call, one) for wording, call, one in exchanges if one is not None]
    if len(with_answers) < len(exchanges):
        return (calls,)
    sentences = [one.tell_success(wording, call, limit, rng) for wording, call, one in with_answers]
    results = [one.turn(limit) for _, _, one in with_answers]
    return (calls, *results, Message.assistant("\n".join(sentences)))


def _one_from_the_other(desk: Desk, split: Split, rng: random.Random) -> Several | None:
    limit, link = desk.data.max_result_chars, rng.choice(desk.links)
    first, second = desk.words[link.call.name], desk.words[link.tool]
    listed = desk.replies.of(first, link.call, rng)
    if listed is None or failed(listed.result):
        return None
    place = _place(link, result_text(listed.result, limit), split, rng)
    if place is None:
        return None
    arguments = {**second.maker.constants, link.parameter: link.values[place]}
    call = ToolCall(name=link.tool, arguments=arguments)
    answered = desk.replies.of(second, call, rng)
    listing = request(first, link.call.arguments, split, rng)
    do = _deed(second, link.parameter, _PLACES[place], rng)
    text = rng.choice(_THEN[split]).format(a=_ended(listing.text), do=do)
    if (answered and failed(answered.result)) or not desk.speech.is_new(text):
        return None
    turns = [Message.assistant("", link.call), listed.turn(limit), Message.assistant("", call)]
    if answered is not None:
        last = answered.tell_success(second, call, limit, rng)
        turns += [answered.turn(limit), Message.assistant(last)]
    simulated = listed.result.simulated or bool(answered and answered.result.simulated)
    user_request = Request(text, f"several-then-{split}")
    return Several(user_request, tuple(turns), link.call.name, simulated)


def _place(link: Link, text: str, split: Split, rng: random.Random) -> int | None:
    """Which of the listed values is meant: one that the model sees and the other tool takes."""
    values = {place: link.values[place] for place in _PLACES if place < len(link.values)}
    places = [
        place
        for place, value in values.items()
        if value in link.usable and split_of(value) == split and value in text
    ]
    return rng.choice(places) if places else None


def _deed(wording: Wording, parameter: str, which: str, rng: random.Random) -> str:
    """What to do with one of the listed things: "read the first file", "list the books for …"."""
    is_it, thing = wording.identity == parameter, thing_of(wording.maker, parameter)
    slot = SLOT if is_it else named_slot(parameter, thing)
    noun = (wording.noun if is_it else thing) or spoken(parameter)
    if phrases := [phrase for phrase in wording.phrases if slot in phrase.object]:
        phrase = rng.choice(phrases)
        return replace(phrase, object=phrase.object.replace(slot, f"the {which} {noun}")).spoken("")
    text = wording.phrases[0].spoken(with_a(wording.noun) if wording.noun else "one")
    return f"{text} for the {which} {noun}"


def _again(desk: Desk, split: Split, rng: random.Random) -> Several | None:
    limit = desk.data.max_result_chars
    exchange = _exchange(desk, _any(desk, rng), split, rng)
    if exchange is None or exchange.answered is None:
        return None
    call = Message.assistant("", exchange.call)
    errors = _REFUSED if is_changing(exchange.wording.tool) else _PASSING
    error = Message(role="tool", content=f"Error: {rng.choice(errors)}")
    last = exchange.answered.tell_success(exchange.wording, exchange.call, limit, rng)
    turns = (call, error, call, exchange.answered.turn(limit), Message.assistant(last))
    return Several(exchange.request, turns, exchange.call.name, simulated=True)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
