"""What a server tells of its own values: read-only tools are asked, their answers are searched.

Two rounds within a budget of calls. First the tools that need nothing a user must say; then those
whose one missing value the first round has found, such as a listing of a folder. A value counts
when it stands where its parameter says (a field of that name, a list of that noun, a text of that
form) and, where a reading tool takes it, when that tool accepts it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tasks.domain.errors import CallFailed
from tasks.domain.identifiers import is_plural, name_words, singular
from tasks.domain.products import Offer, ToolResult
from tasks.domain.prompting.results import failed
from tasks.domain.toolcalls import ToolCall
from tasks.domain.untrusted.decoding import json_or_none
from tasks.domain.writing.phrasing.verbs import leading_verb, without_verb
from tasks.domain.writing.values.kinds import ON_SERVER, PATHS
from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.domain.writing.values.settling import type_of

MOST_CALLS = 60
"""Calls of one harvest, proofs of values included."""
MOST_VALUES = 24
"""Values kept of one parameter."""
MOST_LISTED = 3
"""Values of the first round that the second asks each tool with."""
MOST_LENGTH = 120
"""Characters; a longer text is no name of a thing."""
MOST_SEARCHED = 20_000
"""Characters of one answer that are searched."""
MOST_NODES = 2_000
"""Values of one answer's JSON that are searched."""
MOST_TOLD = 200
"""Values that one answer may name of one parameter."""
MOST_STEPS = 1_000_000
"""Looks at a value of an answer for a parameter: some seconds. Without a bound they are answers
times parameters, and a server decides on both."""
_STEPS_OF_A_CHECK = 30
"""How much longer it takes to hold a value against its schema than to look at it."""
_TAILS = ("id", "ids", "identifier", "key", "keys", "name", "names", "slug", "uri", "url", "title")
"""Words that say how a thing is named, not what it is."""
_FORMS = {
    "sha": re.compile(r"\b[0-9a-f]{7,40}\b"),
    "uri": re.compile(r"\b[a-z][a-z0-9+.-]{1,30}://[^\s\"'<>)]+"),
    **{kind: re.compile(r"(?<![\w/:])/[\w.@+-]+(?:/[\w.@+-]+)*") for kind in PATHS},
}
"""Kinds whose values are known by their form, wherever they stand."""
_MARKS = re.compile(r"^\s*(?:[-*•>]|\d+[.)])?\s*(?:\[[A-Z]+\]\s*)?")
_MOST_WORDS = 6
"""Of a line that is the name of a thing."""

Execute = Callable[[ToolCall], ToolResult]
Offers = Callable[[], Sequence[Offer]]


@dataclass(frozen=True)
class Link:
    """A call whose answer names values of another tool's parameter."""

    call: ToolCall
    tool: str
    parameter: str
    values: tuple[str, ...]
    """All that the answer names, in the order they stand there."""
    usable: frozenset[str]
    """Those of them that the other tool takes."""


@dataclass
class Harvest:
    """The values found, by ``tool.parameter``, and which call tells which."""

    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    calls: int = 0
    stopped: str = ""
    """Why no more was asked: a call that got no answer in time would be followed by more."""

    def of(self, tool: str) -> dict[str, tuple[str, ...]]:
        """The values of one tool's parameters."""
        start = f"{tool}."
        return {k.removeprefix(start): v for k, v in self.values.items() if k.startswith(start)}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of it."""
        counts = ", ".join(f"{len(values)} of {name}" for name, values in self.values.items())
        notes = (f"values that the server named: {counts} ({self.calls} calls)",) if counts else ()
        return (*notes, f"asked for no more values: {self.stopped}") if self.stopped else notes


def harvest(makers: Sequence[ArgumentMaker], execute: Execute, offers: Offers = tuple) -> Harvest:
    """Ask read-only tools for values that parameters take.

    Args:
        makers: the tools; parameters with constants or given values are not asked for.
        execute: runs a call; only calls of read-only tools are made.
        offers: gives resources and prompts of the server: searched as answers are.
    """
    return _Gatherer(makers, execute).gather(offers)


@dataclass(frozen=True)
class _Target:
    """A parameter whose values are looked for."""

    maker: ArgumentMaker
    name: str
    nouns: frozenset[str]
    tails: tuple[str, ...]
    kind: str

    @property
    def key(self) -> str:
        return f"{self.maker.tool.name}.{self.name}"

    @property
    def is_provable(self) -> bool:
        """Whether a harmless call shows that a value exists."""
        open_names = {n for n in self.maker.required if not self.maker.is_constant(n)}
        is_text = type_of(self.maker.settled(self.name)) == "string"
        return self.maker.tool.read_only and open_names <= {self.name} and is_text


class _Gatherer:
    def __init__(self, makers: Sequence[ArgumentMaker], execute: Execute) -> None:
        self._makers = makers
        self._execute = execute
        self._targets = [target for maker in makers for target in _targets_of(maker)]
        self._harvest = Harvest()
        self._values: dict[str, dict[str, None]] = {target.key: {} for target in self._targets}
        self._steps = 0

    def gather(self, offers: Offers) -> Harvest:
        if not self._targets:
            return self._harvest
        for offer in offers():
            self._search(ToolResult(text=offer.text), frozenset(offer.about), None)
            for target in self._targets:
                if offer.uri and target.kind == "uri":
                    self._take(target, [offer.uri], None)
        tools_called: set[str] = set()
        for calls in (self._first_calls(), self._second_calls()):
            for call, maker in calls:
                text = json.dumps([call.name, call.arguments])
                if text not in tools_called and (result := self._ask(call)) is not None:
                    tools_called.add(text)
                    self._search(result, _about(maker), call)
        self._harvest.values = {
            key: tuple(values) for key, values in self._values.items() if values
        }
        return self._harvest

    def _first_calls(self) -> Iterator[tuple[ToolCall, ArgumentMaker]]:
        for maker in self._makers:
            if maker.tool.read_only and all(maker.is_constant(n) for n in maker.required):
                yield ToolCall(name=maker.tool.name, arguments=maker.constants), maker

    def _second_calls(self) -> Iterator[tuple[ToolCall, ArgumentMaker]]:
        for target in list(self._targets):
            if target.is_provable and _is_listing(target.maker):
                for value in islice(list(self._values[target.key]), MOST_LISTED):
                    yield _call(target, value), target.maker

    def _ask(self, call: ToolCall) -> ToolResult | None:
        if self._harvest.stopped or self._harvest.calls >= MOST_CALLS:
            return None
        self._harvest.calls += 1
        try:
            result = self._execute(call)
        except CallFailed as error:
            self._harvest.stopped = str(error)
            return None
        return None if failed(result) or result.simulated else result

    def _search(self, result: ToolResult, about: frozenset[str], call: ToolCall | None) -> None:
        folders = [v for v in call.arguments.values() if isinstance(v, str)] if call else []
        answer = _answer(result)
        for target in self._targets:
            if call is not None and call.name == target.maker.tool.name:
                continue
            if not self._has_time(1 + answer.nodes):
                return
            self._take(target, list(_values_in(answer, about, target)), call)
            if target.kind in PATHS and target.is_provable and folders:
                self._take(target, _joined(answer, folders[-1]), None)

    def _has_time(self, steps: int) -> bool:
        self._steps += steps
        if self._steps > MOST_STEPS:
            self._harvest.stopped = "its answers are too long to search them for every parameter"
        return self._steps <= MOST_STEPS

    def _take(self, target: _Target, texts: Sequence[str], call: ToolCall | None) -> None:
        collection = self._values[target.key]
        candidates = tuple(dict.fromkeys(texts))
        if len(candidates) > MOST_TOLD:
            candidates, call = candidates[:MOST_TOLD], None  # a link names all that its answer does
        good = []
        for value in candidates:
            if len(value) > MOST_LENGTH or not value.strip():
                continue
            if value not in collection:
                if len(collection) >= MOST_VALUES or not self._has_time(_STEPS_OF_A_CHECK):
                    continue
                if not self._exists(target, value):
                    continue
                collection[value] = None
            good.append(value)
        if call is not None and len(good) > 1 and target.is_provable:
            link = Link(call, target.maker.tool.name, target.name, candidates, frozenset(good))
            self._harvest.links.append(link)

    def _exists(self, target: _Target, value: str) -> bool:
        if not target.is_provable:
            argument = [value] if type_of(target.maker.settled(target.name)) == "array" else value
            faults = target.maker.fault({target.name: argument})
            return not faults.startswith(f"{target.name}")
        call = _call(target, value)
        return not target.maker.fault(call.arguments) and self._ask(call) is not None


def _targets_of(maker: ArgumentMaker) -> Iterator[_Target]:
    own = _about(maker)
    for name in maker.spoken_for:
        if maker.is_given(name) or maker.kind(name) not in ON_SERVER:
            continue
        words = tuple(singular(word) for word in name_words(name))
        tails = tuple(word for word in words if word in _TAILS)
        nouns = frozenset(word for word in words if word not in _TAILS)
        yield _Target(maker, name, nouns or own, tails, maker.kind(name))


def _about(maker: ArgumentMaker) -> frozenset[str]:
    return frozenset(singular(word) for word in without_verb(name_words(maker.tool.name)))


def _is_listing(maker: ArgumentMaker) -> bool:
    words = name_words(maker.tool.name)
    return leading_verb(words) == "list" or any(is_plural(word) for word in words[1:])


def _call(target: _Target, value: str) -> ToolCall:
    arguments = {**target.maker.constants, target.name: value}
    return ToolCall(name=target.maker.tool.name, arguments=arguments)


@dataclass(frozen=True)
class _Answer:
    """What of an answer is searched."""

    content: Any
    """Its JSON; None where it is a text."""
    nodes: int
    lines: tuple[str, ...]
    """Without what an item of a list begins with; no empty ones."""
    forms: Mapping[str, Sequence[str]]
    """By kind: the texts of its form."""


def _answer(result: ToolResult) -> _Answer:
    text = result.text[:MOST_SEARCHED]
    room = iter(range(MOST_NODES))
    content = _part(_content(result), room)
    lines = (_MARKS.sub("", line).strip() for line in text.splitlines())
    return _Answer(
        content=content,
        nodes=MOST_NODES - sum(1 for _ in room),
        lines=tuple(filter(None, lines)),
        forms={kind: form.findall(text) for kind, form in _FORMS.items()},
    )


def _part(value: Any, room: Iterator[int]) -> Any:
    """A value as far as there is room for its parts, in their order."""
    if isinstance(value, dict):
        return {key: _part(part, room) for (key, part), _ in zip(value.items(), room)}  # noqa: B905
    if isinstance(value, list):
        return [_part(part, room) for part, _ in zip(value, room)]  # noqa: B905
    return value


def _values_in(answer: _Answer, about: frozenset[str], target: _Target) -> Iterator[str]:
    """The values of a parameter that an answer holds, in their order."""
    is_about = bool(about & target.nouns)
    if answer.content is not None:
        yield from _of_json(answer.content, is_about, target)
    elif is_about and target.kind not in _FORMS:
        short = (line for line in answer.lines if len(line.split()) <= _MOST_WORDS)
        yield from (line for line in short if not line.endswith(":"))
    yield from answer.forms.get(target.kind, ())


def _content(result: ToolResult) -> Any:
    """A result's JSON; None where it is a text, which some servers wrap into an object."""
    if result.structured is None or list(result.structured.values()) == [result.text]:
        value = json_or_none(result.text)
        return value if isinstance(value, dict | list) else None
    return result.structured


def _of_json(value: Any, is_about: bool, target: _Target) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            if isinstance(part, (str, int)) and not isinstance(part, bool):
                if is_about:
                    yield str(part)
            else:
                yield from _of_json(part, is_about, target)
    elif isinstance(value, dict):
        yield from _of_object(value, is_about, target)


def _of_object(value: Mapping[str, Any], is_about: bool, target: _Target) -> Iterator[str]:
    own = None
    for key, part in value.items():
        words = [singular(word) for word in name_words(key)]
        is_same = words == [singular(word) for word in name_words(target.name)]
        if isinstance(part, (dict, list)):
            names_it = bool(target.nouns & set(words))
            yield from _of_json(part, is_about or names_it, target)
        elif isinstance(part, str) and is_same:
            yield part
            own = key
    if own is None and is_about:
        naming_keys = [k for k in (target.tails or ("id", "name")) if isinstance(value.get(k), str)]
        yield from (value[key] for key in naming_keys[:1])


def _joined(answer: _Answer, folder: str) -> list[str]:
    """The names that a folder's listing holds, behind its path."""
    names = (line for line in answer.lines if "/" not in line and " " not in line)
    return [f"{folder.rstrip('/')}/{name}" for name in names]
