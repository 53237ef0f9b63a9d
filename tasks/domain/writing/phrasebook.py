"""The lines of a phrasebook: requests that people would type for one tool list.

A book is JSONL, one object a line, and ``kind`` says what a line is. A ``{slot}`` in a text stands
for a value; a literal brace is doubled. docs/phrasebooks.md shows every kind.
"""

import json
import re
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from profiles.section import beginning
from tasks.domain.errors import UnusableData
from tasks.domain.untrusted.decoding import from_json, unambiguous

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]+)\}|[{}]")
_SKELETON = re.compile(r"\w+|∎")
FOUND_CHARS = 80
"""Characters of a wrong value that an error shows."""
_MOST_SAID = 300
"""Characters of what is said of one fault: some quote the value."""


def slots(text: str) -> tuple[str, ...]:
    """The names of a text's slots, in order, each once."""
    return tuple(dict.fromkeys(m[1] for m in _BRACES.finditer(text) if m[1]))


def only_slot(text: str) -> str | None:
    """The name of the slot that is the whole text; None where there is more."""
    names = slots(text)
    return names[0] if names and text == f"{{{names[0]}}}" else None


def fill(text: str, values: dict[str, str]) -> str:
    """The text with a value in each slot, and single braces for doubled ones.

    KeyError when a slot has no value.
    """
    return _BRACES.sub(lambda m: values[m[1]] if m[1] else m[0][0], text)


def fill_some(text: str, values: dict[str, str]) -> str:
    """The text with these slots filled; others, and doubled braces, stay as they are."""

    def filled(match: re.Match[str]) -> str:
        value = values.get(match[1] or "")
        return match[0] if value is None else value.replace("{", "{{").replace("}", "}}")

    return _BRACES.sub(filled, text)


def skeleton(text: str) -> str:
    """A text with its slots blanked, without case and punctuation: what is said beside values."""
    return " ".join(
        _SKELETON.findall(_BRACES.sub(lambda m: " ∎ " if m[1] else m[0], text).casefold())
    )


def _with_words(text: str) -> str:
    if not text.strip():
        raise ValueError("no words, needed a text")
    return text


def _balanced(text: str) -> str:
    stray = next((m for m in _BRACES.finditer(text) if m[0] in ("{", "}")), None)
    if stray:
        raise ValueError(
            f"a single '{stray[0]}' at character {stray.start() + 1}; needed a slot such as "
            "'{name}', or the brace doubled"
        )
    return text


Print = Annotated[str, AfterValidator(_balanced)]
"""What a server prints, with slots; perhaps nothing."""
Text = Annotated[Print, AfterValidator(_with_words)]
"""Words with slots."""
Arguments = dict[str, JsonValue]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    place: str = Field(default="", exclude=True)
    """The file and line that it was read from."""


class ToolsLine(_Line):
    """The tools that the book was written for: a fingerprint of each one's input schema."""

    kind: Literal["tools"] = "tools"
    schemas: dict[str, str]


class RequestLine(_Line):
    """What somebody types to have one tool called."""

    kind: Literal["request"] = "request"
    tool: str
    text: Text
    fixed: Arguments = {}
    """Arguments that the words themselves say; a text in them may hold slots of its own."""

    @model_validator(mode="after")
    def _says_each_value_once(self) -> Self:
        _refuse_both(slots(self.text), self.fixed)
        return self


class BookCall(BaseModel):
    """One call of several; an argument may be a slot, or ``{"result": path or pattern}``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    arguments: Arguments = {}


class CallsLine(_Line):
    """What somebody types to have several calls made, at once or one after the other."""

    kind: Literal["calls"] = "calls"
    order: Literal["parallel", "sequential"]
    text: Text
    calls: tuple[BookCall, ...] = Field(min_length=2)


class ClarifyLine(_Line):
    """A request that lacks values, the question for them, and what the user then answers."""

    kind: Literal["clarify"] = "clarify"
    tool: str
    text: Text
    missing: tuple[str, ...] = Field(min_length=1)
    question: Text
    answer: Text
    fixed: Arguments = {}

    @model_validator(mode="after")
    def _answers_what_is_missing(self) -> Self:
        _refuse_both(slots(self.text + self.answer), self.fixed)
        early = [name for name in self.missing if name in slots(self.text)]
        if early:
            raise ValueError(f"the text already says {early[0]!r}, which is in 'missing'")
        unanswered = [
            name
            for name in self.missing
            if name not in slots(self.answer) and not self._is_put_together(name)
        ]
        if unanswered:
            raise ValueError(f"the answer has no '{{{unanswered[0]}}}', which is in 'missing'")
        return self

    def _is_put_together(self, name: str) -> bool:
        """Whether a fixed argument holds slots of the answer."""
        inside = json.dumps(self.fixed.get(name), ensure_ascii=False)
        return any(f"{{{slot}}}" in inside for slot in slots(self.answer))


class UnsupportedLine(_Line):
    """A request that no tool of the list meets, and the reply."""

    kind: Literal["unsupported"] = "unsupported"
    text: Text
    reply: Text


class ChatLine(_Line):
    """Small talk, general knowledge or a question about the tools, and the reply."""

    kind: Literal["chat"] = "chat"
    text: Text
    reply: Text


class ValuesLine(_Line):
    """Values of a parameter that look real, for one tool or for all that have the parameter."""

    kind: Literal["values"] = "values"
    parameter: str
    tool: str | None = None
    values: tuple[JsonValue, ...] = Field(min_length=1)


class ResultLine(_Line):
    """What the server prints for a call, and what an assistant then tells the user."""

    kind: Literal["result"] = "result"
    tool: str
    text: Print
    answer: Text | None = None
    error: bool = False


SaidLine = RequestLine | CallsLine | ClarifyLine | UnsupportedLine | ChatLine
"""Lines whose text is what a user types."""
Line = Annotated[ToolsLine | SaidLine | ValuesLine | ResultLine, Field(discriminator="kind")]
_LINE: TypeAdapter[Line] = TypeAdapter(Line)
_KINDS = ("request", "calls", "clarify", "unsupported", "chat", "values", "result", "tools")


def read_phrasebook(text: str, source: str) -> tuple[Line, ...]:
    """The lines of a book; ``source`` is its file's name, for errors.

    Raises:
        UnusableData: a line is not JSON or not of the schema, or there is none.
    """
    lines = [
        read_line(line, f"{source}:{number}")
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip()
    ]
    if not lines:
        raise UnusableData(f"{source}: no lines, needed at least one")
    return tuple(lines)


def unreadable_lines(text: str, source: str) -> tuple[str, ...]:
    """What is wrong with each line for which ``read_phrasebook`` would refuse the book."""
    faults = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            _ = line.strip() and read_line(line, f"{source}:{number}")
        except UnusableData as error:
            faults.append(str(error))
    return tuple(faults)


def read_line(line: str, place: str) -> Line:
    """One line from its JSON; UnusableData, with the place, when it is not one."""
    try:
        from_json(line)  # within bounds
        value = json.loads(line, object_pairs_hook=unambiguous)
    except ValueError as error:
        raise UnusableData(
            f"{place}: not JSON ({error}); each line must be one object with a 'kind'"
        ) from error
    if not isinstance(value, dict):
        raise UnusableData(f"{place}: needed an object with a 'kind'{_shape_of(value)}")
    try:
        return _LINE.validate_python({**value, "place": place})
    except ValidationError as error:
        faults = "; ".join(_fault(fault) for fault in error.errors())
        raise UnusableData(f"{place}: {faults}") from error


def write_phrasebook(lines: Iterable[Line]) -> str:
    """A book as JSONL, one line each, without what is empty by default."""
    return "".join(
        json.dumps(
            {"kind": line.kind, **line.model_dump(exclude_defaults=True)}, ensure_ascii=False
        )
        + "\n"
        for line in lines
    )


def _refuse_both(names: Iterable[str], fixed: Arguments) -> None:
    both = [name for name in names if name in fixed]
    if both:
        raise ValueError(f"{both[0]!r} is a slot and in 'fixed'; needed one of the two")


def _fault(fault: ErrorDetails) -> str:
    # The first part of the place is the kind, which the reader sees in the line.
    where = ".".join(map(str, fault["loc"][1:]))
    message = fault["msg"].removeprefix("Value error, ")
    is_said = fault["type"] in ("missing", "value_error")
    if fault["type"].startswith("union_tag"):
        return (
            "needed a 'kind', one of " + ", ".join(_KINDS) + _shape_of(fault["input"].get("kind"))
        )
    shape = "" if is_said else _shape_of(fault["input"])
    text = where + ": " * bool(where) + beginning(message, _MOST_SAID) + shape
    return " ".join(text.split())


def _shape_of(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return ", found " + beginning(text, FOUND_CHARS)
