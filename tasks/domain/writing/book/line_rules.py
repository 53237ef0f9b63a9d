"""What is wrong with one line of a phrasebook, held against the tools that it is for."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import regex

from tasks.domain.writing.book.filling import (
    draw_arguments,
    fixed_arguments,
    result_patterns,
    slots_inside,
    unsaid_parameters,
    whole_slots,
)
from tasks.domain.writing.book.inner_slots import (
    drawing_from,
    free_names,
    inner_slots,
    values_by_name,
    values_for,
    with_inner_values,
)
from tasks.domain.writing.phrasebook import (
    Arguments,
    BookCall,
    CallsLine,
    ChatLine,
    ClarifyLine,
    Line,
    RequestLine,
    ResultLine,
    UnsupportedLine,
    ValuesLine,
    slots,
)
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.domain.writing.values.settling import type_of


@dataclass(frozen=True)
class LineRules:
    """Looks at single lines."""

    makers: dict[str, ArgumentMaker]
    named: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """The values of the names that stand inside arguments."""
    may_lack: bool = False
    """Whether a request may leave out what its tool requires: the schema's words then say it."""

    def faults_of(self, line: Line) -> Iterator[str]:
        """What is wrong with a line by itself."""
        if isinstance(line, RequestLine | ClarifyLine):
            yield from self._one_call_faults(line)
        elif isinstance(line, CallsLine):
            yield from self._calls_faults(line)
        elif isinstance(line, ResultLine):
            yield from self._result_faults(line)
        elif isinstance(line, ValuesLine):
            yield from self._value_faults(line)
        elif isinstance(line, UnsupportedLine | ChatLine):
            names = {name for maker in self.makers.values() for name in maker.properties}
            unknown = [name for name in slots(line.text + line.reply) if name not in names]
            yield from (f"the slot {name!r} is no parameter of any tool" for name in unknown)

    def _one_call_faults(self, line: RequestLine | ClarifyLine) -> Iterator[str]:
        plain = with_inner_values(line, drawing_from(self.named, random.Random(0)))
        if plain is None:
            valueless = [n for n in inner_slots(line) if not values_for(n, self.named)]
            yield from (f"the slot {name!r} in 'fixed' has no 'values' line" for name in valueless)
        elif isinstance(plain, RequestLine):
            yield from self._call_faults(plain.tool, slots(plain.text), plain.fixed, self.may_lack)
        else:
            yield from self._clarify_faults(plain)

    def _unknown_tool(self, tool: str) -> Iterator[str]:
        if tool not in self.makers:
            yield f"no tool {tool!r}; the list has {', '.join(self.makers)}"

    def _call_faults(
        self, tool: str, slot_names: Sequence[str], fixed: Arguments, may_lack: bool = False
    ) -> Iterator[str]:
        maker = self.makers.get(tool)
        if maker is None:
            yield from self._unknown_tool(tool)
            return
        faults = list(self._name_faults(maker, slot_names, fixed))
        if not faults and not may_lack:
            faults = [
                f"{tool} requires {name!r}, which is no slot, not in 'fixed' and no constant"
                for name in unsaid_parameters(maker, slot_names, fixed)
            ]
        yield from faults
        if not faults:
            arguments = draw_arguments(maker, slot_names, fixed, random.Random(0), DrawOptions())
            if arguments is None:
                names = ", ".join([*slot_names, *fixed]) or "nothing"
                yield f"no valid arguments of {tool} with {names}"

    def _name_faults(
        self, maker: ArgumentMaker, slot_names: Iterable[str], fixed: Arguments
    ) -> Iterator[str]:
        for name in (*slot_names, *fixed):
            if name not in maker.properties:
                names = ", ".join(maker.properties) or "none"
                yield f"{name!r} is no parameter of {maker.tool.name}; it has {names}"
            elif maker.is_constant(name):
                yield f"{name!r} is a constant of the server, so nobody says it"
        for name in slot_names:
            if maker.kind(name) in ("boolean", "null"):
                yield f"{name!r} is {maker.kind(name)}: say it in words and put it into 'fixed'"
        yield from self._fixed_faults(maker, fixed)

    def _fixed_faults(self, maker: ArgumentMaker, fixed: Arguments) -> Iterator[str]:
        for name, value in fixed.items():
            fault = maker.fault({**maker.constants, name: value})
            if name in maker.properties and fault.startswith((f"{name}:", f"{name}.")):
                yield f"fixed {fault}"

    def _clarify_faults(self, line: ClarifyLine) -> Iterator[str]:
        slot_names = slots(f"{line.text} {line.answer}")
        yield from self._call_faults(line.tool, slot_names, line.fixed)
        maker = self.makers.get(line.tool)
        if maker is None:
            return
        needless = [n for n in line.missing if n in maker.properties and n not in maker.required]
        yield from (f"{name!r} is optional, so nobody must ask for it" for name in needless)
        unknown = [n for n in slots(line.question) if n not in slots(line.text)]
        yield from (f"the question's slot {name!r} is not in the text" for name in unknown)

    def _calls_faults(self, line: CallsLine) -> Iterator[str]:
        used = [name for call in line.calls for name in slots_inside(call.arguments)]
        yield from (f"the slot {n!r} is in no call" for n in slots(line.text) if n not in used)
        unsaid = [name for name in dict.fromkeys(used) if name not in slots(line.text)]
        yield from (f"the slot {name!r} is not in the text" for name in unsaid)
        for number, call in enumerate(line.calls):
            yield from self._one_of_several(call, number, line.order)

    def _one_of_several(self, call: BookCall, number: int, order: str) -> Iterator[str]:
        patterns, whole = result_patterns(call), whole_slots(call)
        if patterns and (order == "parallel" or number == 0):
            yield "an argument from a 'result' in a call that has no call before it"
        yield from (f"{p!r} is no pattern: {e}" for p in patterns.values() if (e := _broken(p)))
        open_ended = {*patterns, *whole}
        partly = [
            n for n, v in call.arguments.items() if n not in open_ended and [*slots_inside(v)]
        ]
        slot_names = [*open_ended, *partly]
        yield from self._call_faults(call.tool, slot_names, fixed_arguments(call))

    def _result_faults(self, line: ResultLine) -> Iterator[str]:
        yield from self._unknown_tool(line.tool)
        if line.tool in self.makers:
            names = self.makers[line.tool].properties
            earlier = {f"{tool}.{n}" for tool, m in self.makers.items() for n in m.properties}
            for name in slots(line.text + (line.answer or "")):
                if name not in names and name not in earlier:
                    yield f"{name!r} is no parameter of {line.tool}; it has {', '.join(names)}"

    def _value_faults(self, line: ValuesLine) -> Iterator[str]:
        if line.tool is not None:
            yield from self._unknown_tool(line.tool)
        makers = [
            maker
            for name, maker in self.makers.items()
            if line.tool in (None, name) and line.parameter in maker.properties
        ]
        is_free = line.parameter in self.named
        if not makers and not is_free and line.tool in (None, *self.makers):
            yield f"{line.parameter!r} is no parameter of {line.tool or 'any tool'}"
        for maker in makers:
            yield from self._misfits(maker, line)

    def _misfits(self, maker: ArgumentMaker, line: ValuesLine) -> Iterator[str]:
        is_list = type_of(maker.settled(line.parameter)) == "array"
        for value in line.values:
            argument = [value] if is_list and not isinstance(value, list) else value
            fault = maker.fault({**maker.constants, line.parameter: argument})
            if fault.startswith((f"{line.parameter}:", f"{line.parameter}.")):
                yield f"{maker.tool.name}: {fault}"


def inner_values(lines: Iterable[Line]) -> dict[str, tuple[Any, ...]]:
    """The values of each name that stands inside an argument; none where the book has none."""
    every_line = tuple(lines)
    values = values_by_name(every_line)
    return {name: values.get(name, ()) for name in free_names(every_line)}


def _broken(pattern: str) -> str:
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError) as error:
        return str(error)
    return ""
