"""A line with values in its slots: the text that a reader sees, and the calls that it must find."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tasks.domain.conversations import fingerprint
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.book.filling import draw_arguments, result_patterns, whole_slots
from tasks.domain.writing.book.inner_slots import OneCallLine, drawing_from, with_inner_values
from tasks.domain.writing.book.line_rules import inner_values
from tasks.domain.writing.book.printing import in_words
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
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker


@dataclass(frozen=True)
class Example:
    """A request as a person types it, and what it must be understood as."""

    text: str
    calls: tuple[ToolCall, ...]
    order: Literal["parallel", "sequential"] = "parallel"
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Filler:
    """Puts values into the slots of lines without faults: the book's own, or what a schema allows.

    The same line gets the same values, whatever else is in the book.
    """

    makers: Mapping[str, ArgumentMaker]
    values: Mapping[tuple[str, str], Sequence[Any]]
    """By tool and parameter."""
    inner: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """By the name of a slot inside of an argument."""

    @classmethod
    def of(cls, makers: Mapping[str, ArgumentMaker], lines: Iterable[Line]) -> "Filler":
        """With the values of the lines."""
        lines = tuple(lines)
        values: dict[tuple[str, str], Sequence[Any]] = {}
        for line in (line for line in lines if isinstance(line, ValuesLine)):
            names = [line.tool] if line.tool is not None else list(makers)
            values |= {(name, line.parameter): line.values for name in names}
        return cls(makers, values, inner_values(lines))

    def example(self, line: Line) -> Example | None:
        """A line that somebody types, with values in it; None for lines of other kinds."""
        match line:
            case RequestLine():
                line = self._with_inner_values(line)
                arguments = self._arguments(line.tool, slots(line.text), line.fixed, line.text)
                call = ToolCall(name=line.tool, arguments=arguments)
                return Example(_filled(line.text, arguments), (call,))
            case ClarifyLine():
                return self._clarify(self._with_inner_values(line))
            case CallsLine():
                slot_values: dict[str, Any] = {}
                calls = tuple(self._call(call, slot_values, line.text) for call in line.calls)
                return Example(_filled(line.text, slot_values), calls, line.order)
            case UnsupportedLine() | ChatLine():
                return Example(line.text, ())
        return None

    def _with_inner_values(self, line: OneCallLine) -> OneCallLine:
        rng = random.Random(fingerprint([line.tool, line.text]))
        return with_inner_values(line, drawing_from(self.inner, rng)) or line

    def _clarify(self, line: ClarifyLine) -> Example:
        names = (*slots(line.text), *line.missing)
        whole = self._arguments(line.tool, names, line.fixed, line.text)
        known_values = {name: value for name, value in whole.items() if name not in line.missing}
        call = ToolCall(name=line.tool, arguments=known_values)
        return Example(_filled(line.text, whole), (call,), missing=frozenset(line.missing))

    def _call(self, call: BookCall, slot_values: dict[str, Any], text: str) -> ToolCall:
        """The call with values; ``slot_values`` has those of all calls so far, by slot."""
        from_results, whole = result_patterns(call), whole_slots(call)
        fixed = {
            name: slot_values.get(whole.get(name, ""), value)
            for name, value in call.arguments.items()
            if name not in from_results and (name not in whole or whole[name] in slot_values)
        }
        drawn_names = [name for name in whole if name not in fixed]
        # Two slots of one parameter are to get two values.
        seed = f"{text} {len(slot_values)}"
        arguments = self._arguments(call.tool, (*drawn_names, *from_results), fixed, seed)
        slot_values |= {whole[name]: arguments[name] for name in drawn_names if name in arguments}
        values = {name: call.arguments[name] for name in from_results}
        return ToolCall(name=call.tool, arguments={**arguments, **values})

    def _arguments(
        self, tool: str, names: Sequence[str], fixed: Mapping[str, Any], seed: str
    ) -> dict[str, Any]:
        """What the call has, beside constants; empty where nothing valid was found."""
        maker = self.makers[tool]
        rng = random.Random(fingerprint([tool, seed]))
        arguments = draw_arguments(maker, names, fixed, rng, DrawOptions()) or {}
        for name in names:
            own = self.values.get((tool, name), ())
            drawn_names = {**arguments, name: rng.choice(own)} if own else arguments
            arguments = arguments if maker.fault(drawn_names) else drawn_names
        return {name: v for name, v in arguments.items() if not maker.is_constant(name)}


def _filled(text: str, values: Mapping[str, Any]) -> str:
    # A slot inside a longer value has no value of its own; the reader sees its name.
    words = {name: name.replace("_", " ") for name in slots(text)}
    return fill(text, words | {name: in_words(value) for name, value in values.items()})
