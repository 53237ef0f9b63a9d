"""What a teacher answered → lines of a phrasebook; what is none is counted by reason."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from tasks.domain.errors import UnusableTool
from tasks.domain.schemas.validation import faults_of, validator
from tasks.domain.untrusted.control_tokens import looks_like_one
from tasks.domain.writing.phrasebook import (
    BookCall,
    CallsLine,
    ChatLine,
    ClarifyLine,
    Line,
    RequestLine,
    ResultLine,
    UnsupportedLine,
    ValuesLine,
)
from tasks.domain.writing.teaching import answer_forms as forms
from tasks.domain.writing.teaching.questions import Question
from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.domain.writing.values.settling import type_of

_SLOT = re.compile(r"\{[\w.-]+\}")
NOT_JSON, NOT_OF_THE_FORM = "not the JSON that was asked for", "not of the form"


@dataclass(frozen=True)
class RejectedLine:
    """A line that does not go into the book."""

    reason: str
    about: str
    """The tool, or ``the list``."""
    text: str


@dataclass
class ParsedLines:
    """Lines, and what was thrown out on the way."""

    lines: list[Line] = field(default_factory=list)
    rejections: list[RejectedLine] = field(default_factory=list)

    def add(self, other: "ParsedLines") -> None:
        """Take in what another question brought."""
        self.lines += other.lines
        self.rejections += other.rejections


def parts_of(content: str, topic: str) -> Iterator[BaseModel | RejectedLine]:
    """The parts of an answer that are of the form; one that was cut off gives its whole parts."""
    try:
        value = from_json(content, allow_partial=True)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not set(value) & set(forms.PARTS[topic]):
        yield RejectedLine(NOT_JSON, "", content)
        return
    for name, part in forms.PARTS[topic].items():
        listed = value.get(name)
        for item in listed if isinstance(listed, list) else ():
            try:
                yield part.model_validate(item)
            except ValidationError:
                yield RejectedLine(NOT_OF_THE_FORM, "", json.dumps(item, ensure_ascii=False))


def lines_of(question: Question, content: str, makers: Mapping[str, ArgumentMaker]) -> ParsedLines:
    """The lines in the answer to a question; they may still not fit the tools."""
    parsed_lines = ParsedLines()
    about = question.tools[0] if len(question.tools) == 1 else "the list"
    for part in parts_of(content, question.topic):
        if isinstance(part, RejectedLine):
            parsed_lines.rejections.append(RejectedLine(part.reason, about, part.text))
            continue
        try:
            line = _line(part, question, makers)
            reason = _fault(line)
        except ValidationError:
            line, reason = None, NOT_OF_THE_FORM
        except UnknownParameter as error:
            line, reason = None, str(error)
        if line is None or reason:
            parsed_lines.rejections.append(RejectedLine(reason, about, headline(part)))
        else:
            parsed_lines.lines.append(line)
    return parsed_lines


class UnknownParameter(ValueError):
    """An answer names a tool or parameter that is not there."""


def headline(part: BaseModel) -> str:
    """A line or part in a few words: its text, or the parameter that it is about."""
    value = part.model_dump()
    return str(value.get("text") or value.get("parameter") or value)


def reject(line: Line, reason: str) -> RejectedLine:
    """A line that does not go into the book."""
    value = line.model_dump()
    tools = [value["tool"]] if value.get("tool") else [c["tool"] for c in value.get("calls", ())]
    return RejectedLine(reason, " and ".join(tools) or "the list", headline(line))


def _fault(line: Line) -> str:
    texts = line.model_dump(include={"text", "question", "answer", "reply", "values"})
    is_unsafe = looks_like_one(json.dumps(texts, ensure_ascii=False))
    return "it holds what looks like a control token" if is_unsafe else ""


def _line(part: BaseModel, question: Question, makers: Mapping[str, ArgumentMaker]) -> Line:
    tool = question.tools[0]
    match part:
        case forms.RequestPart():
            fixed = arguments_of(part.fixed, makers[tool])
            return RequestLine(tool=tool, text=part.text, fixed=fixed)
        case forms.ClarifyPart():
            fixed = arguments_of(part.fixed, makers[tool])
            missing = tuple(part.missing)
            return ClarifyLine(
                tool=tool,
                text=part.text,
                missing=missing,
                question=part.question,
                answer=part.answer,
                fixed=fixed,
            )
        case forms.CallsPart():
            return _calls(part, question, makers)
        case forms.ReplyPart():
            kind = UnsupportedLine if question.topic == "unsupported" else ChatLine
            return kind(text=part.text, reply=part.reply)
        case forms.ValuesPart() if question.topic == "requests":
            return ValuesLine(parameter=part.parameter, tool=tool, values=tuple(part.values))
        case forms.ValuesPart():
            return _values(part, makers[tool])
        case forms.ResultPart():
            answer = part.answer.strip() or None
            return ResultLine(tool=tool, text=part.text, answer=answer, error=part.error)
    raise TypeError(f"no line is made of {type(part).__name__}")


def _calls(
    part: forms.CallsPart, question: Question, makers: Mapping[str, ArgumentMaker]
) -> CallsLine:
    calls = []
    for call in part.calls:
        if call.tool not in question.tools:
            raise UnknownParameter("unknown tool")
        calls.append(
            BookCall(tool=call.tool, arguments=arguments_of(call.arguments, makers[call.tool]))
        )
    order = "sequential" if question.topic == "sequential" else "parallel"
    return CallsLine(order=order, text=part.text, calls=tuple(calls))


def _values(part: forms.ValuesPart, maker: ArgumentMaker) -> ValuesLine:
    """Values with their types; those that the schema refuses are left out."""
    if part.parameter not in maker.spoken_for:
        raise UnknownParameter("unknown parameter")
    schema = maker.settled(part.parameter)
    typed = [as_typed(value, schema) for value in part.values]
    valid = [value for value in typed if _is_valid(value, schema)]
    if not valid:
        raise UnknownParameter("a value is not valid")
    return ValuesLine(parameter=part.parameter, tool=maker.tool.name, values=tuple(valid))


def arguments_of(
    parts: Sequence[forms.GivenArgument], maker: ArgumentMaker | None
) -> dict[str, Any]:
    """The arguments of a call, in the types that its tool wants, where there is such a tool."""
    schemas = {each.parameter: maker.settled(each.parameter) if maker else {} for each in parts}
    return {each.parameter: as_typed(each.value, schemas[each.parameter]) for each in parts}


def as_typed(value: Any, schema: dict[str, Any]) -> Any:
    """A value in the type that the schema wants: ``"5"`` as 5, JSON text as what it says."""
    if isinstance(value, BaseModel):
        return value.model_dump()
    if (isinstance(value, str) and _SLOT.fullmatch(value)) or _is_valid(value, schema):
        return value
    if not isinstance(value, str):
        text = json.dumps(value)
        return text if _is_valid(text, schema) else value
    try:
        decoded = from_json(value, allow_inf_nan=False)
    except ValueError:
        decoded = value
    if isinstance(decoded, (dict, list)) and type_of(schema) in ("object", "array"):
        return decoded  # it is judged in the whole call, with values in its slots
    return next((other for other in (decoded, [value]) if _is_valid(other, schema)), value)


def _is_valid(value: Any, schema: dict[str, Any]) -> bool:
    try:
        check = validator(schema)
    except UnusableTool:
        return True  # A part that points outside itself is judged with the whole call.
    return next(faults_of(value, check), None) is None
