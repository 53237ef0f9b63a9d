"""A line with values in its slots: the text that a reader sees, and the calls that it must find."""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tasks.domain.conversations import fingerprint
from tasks.domain.errors import UnusableTool
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.phrasebook import (
    BookCall,
    CallsLine,
    ChatLine,
    ClarifyLine,
    Line,
    RequestLine,
    UnsupportedLine,
    ValuesLine,
    fill,
    slots,
)
from tasks.domain.writing.values.maker import ArgumentMaker, Wish

RESULT = {"result"}
"""The key of an argument that is taken from a result."""


@dataclass(frozen=True)
class Example:
    """A request as a person types it, and what it must be understood as."""

    text: str
    calls: tuple[ToolCall, ...]
    order: Literal["parallel", "sequential"] = "parallel"
    missing: frozenset[str] = frozenset()


class Misfit(ValueError):
    """A line does not fit the tools; the message is a reason to count."""


@dataclass(frozen=True)
class Filler:
    """Puts values into slots: the book's own, or such as the schema allows."""

    makers: Mapping[str, ArgumentMaker]
    values: Mapping[tuple[str, str], Sequence[Any]]
    """By tool and parameter."""

    @classmethod
    def of(cls, makers: Mapping[str, ArgumentMaker], lines: Iterable[Line]) -> "Filler":
        """With the values of the lines."""
        values: dict[tuple[str, str], Sequence[Any]] = {}
        for line in (line for line in lines if isinstance(line, ValuesLine)):
            names = [line.tool] if line.tool is not None else makers
            values |= {(name, line.parameter): line.values for name in names}
        return cls(makers, values)

    def example(self, line: Line) -> Example | None:
        """A line that somebody types, with values in it; None for lines of other kinds.

        Raises:
            Misfit: it names what the tools do not have, lacks what they require, or is not valid.
        """
        match line:
            case RequestLine():
                return self._request(line)
            case ClarifyLine():
                return self._clarify(line)
            case CallsLine():
                return self._calls(line)
            case UnsupportedLine() | ChatLine():
                return Example(fill(line.text, {}), ()) if not slots(line.text) else _slotted()
        return None

    def _request(self, line: RequestLine) -> Example:
        names = slots(line.text)
        arguments = self._arguments(line.tool, names, line.fixed)
        text = fill(line.text, {name: spoken(arguments[name]) for name in names})
        return Example(text, (ToolCall(name=line.tool, arguments=arguments),))

    def _clarify(self, line: ClarifyLine) -> Example:
        said, answered = slots(line.text), slots(line.answer)
        whole = self._arguments(line.tool, (*said, *answered), line.fixed)
        known = {name: whole[name] for name in (*said, *line.fixed)}
        text = fill(line.text, {name: spoken(whole[name]) for name in said})
        call = ToolCall(name=line.tool, arguments=known)
        return Example(text, (call,), missing=frozenset(line.missing))

    def _calls(self, line: CallsLine) -> Example:
        said: dict[str, Any] = {}
        calls = tuple(self._call(call, said) for call in line.calls)
        if set(slots(line.text)) != set(said):
            raise Misfit("a slot of the text is in no call, or one of a call not in the text")
        text = fill(line.text, {name: spoken(value) for name, value in said.items()})
        return Example(text, calls, line.order)

    def _call(self, call: BookCall, said: dict[str, Any]) -> ToolCall:
        """The call with values for slots that stand alone in an argument; ``said`` learns them."""
        slotted = {name: slots(value) for name, value in call.arguments.items() if _is_text(value)}
        open_names = [name for name, inside in slotted.items() if inside]
        later = [name for name, value in call.arguments.items() if is_from_result(value)]
        fixed = {n: v for n, v in call.arguments.items() if n not in (*open_names, *later)}
        arguments = self._arguments(call.tool, (*open_names, *later), fixed)
        for name in open_names:
            text = str(call.arguments[name])
            if text != f"{{{slotted[name][0]}}}":
                raise Misfit("a slot does not stand alone in its argument")
            arguments[name] = said.setdefault(slotted[name][0], arguments[name])
        arguments |= {name: call.arguments[name] for name in later}
        return ToolCall(name=call.tool, arguments=arguments)

    def _arguments(
        self, tool: str, names: Sequence[str], fixed: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Values of the slots beside what is fixed; a valid call of the tool."""
        maker = self.makers.get(tool)
        if maker is None:
            raise Misfit("unknown tool")
        if not {*names, *fixed} <= set(maker.spoken_for):
            raise Misfit("unknown parameter")
        if not set(maker.required) - set(maker.constants) <= {*names, *fixed}:
            raise Misfit("a required parameter is neither said nor fixed")
        rng = random.Random(fingerprint([tool, list(names)]))
        try:
            made = maker.make(rng, Wish(optional=0.0, also=frozenset(names)))
        except UnusableTool as error:
            raise Misfit("these parameters do not go together") from error
        return self._settled(maker, {name: made[name] for name in names}, fixed, rng)

    def _settled(
        self,
        maker: ArgumentMaker,
        made: dict[str, Any],
        fixed: Mapping[str, Any],
        rng: random.Random,
    ) -> dict[str, Any]:
        own = {name: self.values.get((maker.tool.name, name)) for name in made}
        drawn = {name: rng.choice(values) for name, values in own.items() if values}
        for arguments in ({**made, **drawn, **fixed}, {**made, **fixed}):
            if not maker.fault({**maker.constants, **arguments}):
                return arguments
        raise Misfit("a value is not valid")


def _slotted() -> Example:
    raise Misfit("a slot in a text that no call belongs to")


def is_from_result(value: Any) -> bool:
    """Whether an argument is taken from the result of the call before."""
    return isinstance(value, dict) and set(value) == RESULT


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def spoken(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)
