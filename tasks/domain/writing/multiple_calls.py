"""Conversations with more than one call: side by side, one from the other's answer, or again.

All calls are executed as those of other rows are; only a failure that passes is made up.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tasks.domain.conversations import Message, MessageCall, Split
from tasks.domain.identifiers import spoken, with_a
from tasks.domain.products import ToolResult
from tasks.domain.results import failed, shown
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.harvest import Link
from tasks.domain.writing.phrasing.answers import answer
from tasks.domain.writing.phrasing.requests import Request, request
from tasks.domain.writing.phrasing.wording import SLOT, Wording
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
_PASSING = (
    "The request timed out after 30 seconds",
    "The service is not available at the moment, try again",
    "Too many requests, try again",
    "Connection reset by peer",
)
"""Failures that are gone when the same call is made once more."""


@dataclass(frozen=True)
class Several:
    """What is said and done in one such conversation."""

    asked: Request
    turns: tuple[Message, ...]
    tool: str
    simulated: bool


class Sayer(Protocol):
    """What makes requests that were not made before, and executes calls."""

    words: dict[str, Wording]
    links: Sequence[Link]

    def said(
        self, wording: Wording, options: DrawOptions, rng: random.Random
    ) -> tuple[Request, ToolCall] | None:
        """A new text with its call; None when there are no more."""

    def answered(self, wording: Wording, call: ToolCall, rng: random.Random) -> ToolResult:
        """What the server says to a call."""

    def is_new(self, text: str) -> bool:
        """Whether nobody said a text before; it counts as said from now on."""


def several(sayer: Sayer, split: Split, limit: int, rng: random.Random) -> Several | None:
    """A conversation with two calls; None when this server has none, or no more.

    ``limit``: characters of a result that the model sees.
    """
    ways = [_side_by_side, *([_one_from_the_other] if sayer.links else [])]
    if split == "train":
        ways.append(_again)
    for _ in range(TRIES):
        found = rng.choice(ways)(sayer, split, limit, rng)
        if found is not None:
            return found
    return None


@dataclass(frozen=True)
class _Done:
    """One call with its answer."""

    asked: Request
    call: ToolCall
    result: ToolResult
    wording: Wording

    def told(self, limit: int, rng: random.Random) -> str:
        return answer(self.wording, self.call.arguments, shown(self.result, limit), rng)

    def result_turn(self, limit: int) -> Message:
        return Message(role="tool", content=shown(self.result, limit))


def _done(sayer: Sayer, wording: Wording, split: Split, rng: random.Random) -> _Done | None:
    found = sayer.said(wording, DrawOptions(split, OPTIONAL_SHARE, real=True), rng)
    if found is None:
        return None
    result = sayer.answered(wording, found[1], rng)
    return None if failed(result) else _Done(*found, result, wording)


def _any(sayer: Sayer, rng: random.Random) -> Wording:
    return rng.choice(
        [words for words in sayer.words.values() if words.maker.spoken_for]
        or list(sayer.words.values())
    )


def _side_by_side(sayer: Sayer, split: Split, limit: int, rng: random.Random) -> Several | None:
    one = _done(sayer, _any(sayer, rng), split, rng)
    other = _done(sayer, _any(sayer, rng), split, rng)
    if one is None or other is None or one.call == other.call:
        return None
    text = rng.choice(_BESIDE[split]).format(a=_ended(one.asked.text), b=other.asked.text)
    turns = (
        _calling(one.call, other.call),
        one.result_turn(limit),
        other.result_turn(limit),
        _saying(f"{one.told(limit, rng)}\n{other.told(limit, rng)}"),
    )
    simulated = one.result.simulated or other.result.simulated
    return Several(Request(text, f"several-beside-{split}"), turns, one.call.name, simulated)


def _one_from_the_other(
    sayer: Sayer, split: Split, limit: int, rng: random.Random
) -> Several | None:
    link = rng.choice(sayer.links)
    first, second = sayer.words[link.call.name], sayer.words[link.tool]
    listed = sayer.answered(first, link.call, rng)
    told = shown(listed, limit)
    values = {place: link.values[place] for place in _PLACES if place < len(link.values)}
    places = {
        place: value
        for place, value in values.items()
        if value in link.usable and split_of(value) == split and value in told
    }
    if failed(listed) or not places:
        return None
    place = rng.choice(list(places))
    call = ToolCall(
        name=link.tool, arguments={**second.maker.constants, link.parameter: places[place]}
    )
    result = sayer.answered(second, call, rng)
    asked = request(first, link.call.arguments, split, rng)
    do = _deed(second, link.parameter, _PLACES[place], rng)
    text = rng.choice(_THEN[split]).format(a=_ended(asked.text), do=do)
    if failed(result) or not sayer.is_new(text):
        return None
    turns = (
        _calling(link.call),
        Message(role="tool", content=told),
        _calling(call),
        Message(role="tool", content=shown(result, limit)),
        _saying(answer(second, call.arguments, shown(result, limit), rng)),
    )
    simulated = listed.simulated or result.simulated
    return Several(Request(text, f"several-then-{split}"), turns, link.call.name, simulated)


def _deed(wording: Wording, parameter: str, which: str, rng: random.Random) -> str:
    """What to do with one of the listed things: "read the first file", "list the books for …"."""
    phrases = [phrase for phrase in wording.phrases if phrase.has_slot]
    if phrases and wording.identity == parameter:
        phrase = rng.choice(phrases)
        return f"{phrase.verb} {phrase.object.replace(SLOT, f'the {which} {wording.noun}')}"
    noun = re.sub(r" (id|identifier|key|name|slug)$", "", spoken(parameter))
    text = wording.phrases[0].text
    if SLOT in text:
        text = text.replace(SLOT, with_a(wording.noun))
    return f"{text} for the {which} {noun}"


def _again(sayer: Sayer, split: Split, limit: int, rng: random.Random) -> Several | None:
    done = _done(sayer, _any(sayer, rng), split, rng)
    if done is None:
        return None
    turns = (
        _calling(done.call),
        Message(role="tool", content=f"Error: {rng.choice(_PASSING)}"),
        _calling(done.call),
        done.result_turn(limit),
        _saying(done.told(limit, rng)),
    )
    return Several(done.asked, turns, done.call.name, simulated=True)


def _calling(*calls: ToolCall) -> Message:
    return Message(role="assistant", tool_calls=tuple(map(MessageCall.of, calls)))


def _saying(text: str) -> Message:
    return Message(role="assistant", content=text)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
