"""Messages and rows: one training or evaluation conversation, and how it is stored.

A row is one line of JSONL in the OpenAI chat form. Arguments of a call are a JSON string there,
because columnar stores add every other tool's keys as null to argument objects.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Any, Literal, Self, get_args

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, field_validator

from tasks.domain import Frozen
from tasks.domain.errors import UnusableData
from tasks.domain.schemas.by_identity import ByIdentity
from tasks.domain.schemas.function_spec import FunctionSpec
from tasks.domain.toolcalls import ToolCall
from tasks.domain.untrusted.decoding import unambiguous

SYSTEM_PROMPT = "You are a helpful assistant that can call tools."
Scenario = Literal["standard", "no_tool", "error", "ambiguous", "edge"]
Split = Literal["train", "heldout"]
Source = Literal["generated", "teacher", "own"]
ObjectOf = Callable[[list[tuple[str, Any]]], Any]
"""What makes an object of the keys and values of a JSON text."""


class CalledFunction(Frozen):
    """The function part of a call: ``arguments`` is JSON text."""

    name: str
    arguments: str


class MessageCall(Frozen):
    """One call in an assistant's message, in the OpenAI form."""

    type: Literal["function"] = "function"
    function: CalledFunction

    @classmethod
    def of(cls, call: ToolCall) -> Self:
        """Put a call into a message."""
        text = json.dumps(call.arguments, ensure_ascii=False)
        return cls(function=CalledFunction(name=call.name, arguments=text))

    def decoded(self) -> ToolCall:
        """The call with its arguments decoded; ValueError when they are not a JSON object."""
        return ToolCall(name=self.function.name, arguments=json.loads(self.function.arguments))


class Message(Frozen):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    reasoning_content: str = Field(default="", exclude_if=lambda thought: not thought)
    """What the assistant thinks before it speaks."""
    tool_calls: tuple[MessageCall, ...] = ()
    weight: Literal[0, 1] = Field(default=1, exclude_if=bool)
    """Whether the loss sees what the assistant says here (OpenAI's key)."""

    @classmethod
    def assistant(cls, text: str, *calls: ToolCall) -> Self:
        """What the assistant says, and the calls that it makes."""
        return cls(role="assistant", content=text, tool_calls=tuple(map(MessageCall.of, calls)))

    @property
    def is_learned(self) -> bool:
        """Whether it is an answer that the model learns to give."""
        return self.role == "assistant" and self.weight == 1

    def as_dict(self) -> dict[str, Any]:
        """The OpenAI form, without empty fields that a chat template would have to skip."""
        return self.model_dump(exclude={"weight"} if self.tool_calls else {"weight", "tool_calls"})


def opening(question: str, system: str = SYSTEM_PROMPT) -> tuple[Message, Message]:
    """What a conversation begins with: the system turn, and what a user says."""
    return Message(role="system", content=system), Message(role="user", content=question)


class Row(Frozen):
    """One conversation with the tools that it may use and what it is an example of."""

    scenario: Scenario
    split: Split = "train"
    tool: str | None = None
    """The tool that the first answer must call; None when it must not call any."""
    simulated: bool = False
    """Whether a tool result in it was made up from a schema instead of answered by the server."""
    source: Source = "generated"
    """Who wrote it: the generator, a model that put its text in other words, or a person."""
    phrasing: str = ""
    """The family of phrasings that the user's text comes from."""
    missing: str | None = None
    """For an ambiguous row: the required parameter that the assistant must ask for."""
    varied: bool = False
    """Whether its tool list is another than the server's own."""
    fixed: tuple[str, ...] = Field(default=(), exclude_if=lambda names: not names)
    """Parameters whose values the user's words mean without saying them."""
    place: str = Field(default="", exclude_if=lambda place: not place)
    """The file and line of a row that a person brought."""
    shown: tuple[str, ...] | None = Field(default=None, exclude_if=lambda names: names is None)
    """The names of those of its tools that the prompt lists; None: all of them."""
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...]

    @field_validator("tools", mode="wrap")
    @classmethod
    def _shared(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        # A tuple is a list that was read or written before: thousands of rows share it.
        return value if isinstance(value, tuple) else validate(value)

    @property
    def listed(self) -> Sequence[dict[str, Any]]:
        """The tools that the prompt lists; what the row calls is checked against all of them."""
        if self.shown is None:
            return self.tools
        return listed_tools(ByIdentity(self.tools), self.shown)

    @property
    def user_text(self) -> str:
        """What the user says first."""
        return next((m.content for m in self.messages if m.role == "user"), "")

    @property
    def prompt(self) -> tuple[Message, ...]:
        """The turns before the first answer to learn: what a model is asked in evaluation."""
        return self.messages[: [message.is_learned for message in self.messages].index(True)]

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """Every call in it, in order."""
        return tuple(call.decoded() for m in self.messages for call in m.tool_calls)

    @property
    def call_turns(self) -> tuple[tuple[ToolCall, ...], ...]:
        """The calls of each turn of the assistant's until it, or the user, speaks again."""
        answer = self.messages[len(self.prompt) :]
        turns = takewhile(lambda message: message.role == "tool" or message.tool_calls, answer)
        return tuple(tuple(c.decoded() for c in m.tool_calls) for m in turns if m.tool_calls)

    @property
    def expected_call(self) -> ToolCall | None:
        """The call that the first answer must make, or None when it must make none."""
        return self.call_turns[0][0] if self.tool is not None else None

    @property
    def answer(self) -> str:
        """The assistant's last words."""
        return self.messages[-1].content


@lru_cache(maxsize=256)
def listed_tools(tools: ByIdentity, names: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """The tools of these names, in the order of the list."""
    chosen_names = set(names)
    return tuple(tool for tool in tools.value if FunctionSpec.of(tool).name in chosen_names)


def place_of(row: Row, split: Split, number: int) -> str:
    """Where a row stands: in a dataset, and in the file of the person who brought it."""
    return f"{split}:{number}" + (f" ({row.place})" if row.place else "")


def fingerprint(value: Any) -> str:
    """The sha256 (hex) of any JSON value in its canonical form: sorted keys, no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_jsonl(rows: Iterable[Row], beside: Sequence[dict[str, Any]] | None = None) -> str:
    """Rows as JSONL, one row a line; without ``tools`` where those are the list ``beside``."""
    return "".join(
        row.model_dump_json(exclude={"tools"} if row.tools == beside else None) + "\n"
        for row in rows
    )


def parse_rows(
    lines: Iterable[str], source: str, tools: Sequence[dict[str, Any]] | None = None
) -> Iterator[Row]:
    """Read rows back one by one; one without ``tools`` takes those given. Equal tools are one list.

    Raises:
        UnusableData: no rows, or a line that is not a row; the message has the line number.
    """
    none = True
    for number, line in enumerate(lines, start=1):
        if line.strip():
            none = False
            yield _row(line, f"{source}:{number}", tools)
    if none:
        raise UnusableData(f"{source}: no rows, needed at least one")


_TOOLS = ',"tools":'


def decoded(line: str, object_pairs_hook: ObjectOf | None = None) -> Any:
    """The JSON value of a line; a tool list at its end, as ``write_jsonl`` puts it, is shared.

    The list is most of a line, and the same in nearly all. ValueError when the line is not JSON.
    """
    # Inside a text the quotes would have backslashes, so this is a key, if perhaps not ours.
    start, _, end = line.rstrip().partition(_TOOLS)
    tools = _shared_tools(end[:-1]) if end.endswith("}") else None
    if tools is None:
        return json.loads(line, object_pairs_hook=object_pairs_hook)
    value = json.loads(start + "}", object_pairs_hook=object_pairs_hook)
    value["tools"] = tools
    return value


@lru_cache(maxsize=256)
def _shared_tools(text: str) -> tuple[dict[str, Any], ...] | None:
    try:
        tools = json.loads(text, object_pairs_hook=unambiguous)
    except ValueError:
        return None
    return tuple(tools) if isinstance(tools, list) else None


def _row(line: str, place: str, tools: Sequence[dict[str, Any]] | None) -> Row:
    try:
        value = decoded(line)
    except ValueError as error:
        raise UnusableData(f"{place}: not JSON ({error}); each line must be one row") from error
    if not isinstance(value, dict) or "messages" not in value:
        raise UnusableData(f"{place}: no 'messages'; each line must be an object that has them")
    return row_of(value, place, tools)


def row_of(value: dict[str, Any], place: str, tools: Sequence[dict[str, Any]] | None = None) -> Row:
    """A row from its decoded JSON; UnusableData, with the place, when it is not one."""
    if not value.get("tools"):
        if tools is None:
            raise UnusableData(f"{place}: the row has no 'tools'; add them or give a tool list")
        value["tools"] = tuple(tools)
    value.setdefault("scenario", "standard" if _calls(value) else "no_tool")
    try:
        row = Row.model_validate(value)
        _ = row.calls  # whether each can be decoded
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise UnusableData(f"{place}: {where}: {fault['msg']}") from error
    except ValueError as error:
        raise UnusableData(f"{place}: a call's arguments are not JSON ({error})") from error
    if not any(message.is_learned for message in row.messages):
        weighed = " with a weight" * any(message.role == "assistant" for message in row.messages)
        raise UnusableData(
            f"{place}: no assistant turn{weighed}, so nothing could be learned from it"
        )
    first = row.messages[len(row.prompt)].tool_calls
    return row if row.tool or not first else row.model_copy(update={"tool": first[0].function.name})


_LABELS = ("scenario", "split", "tool", "simulated", "source", "phrasing", "missing", "varied")
"""The keys beside messages and tools that ``write_jsonl`` always writes."""


def labels_of(value: dict[str, Any]) -> dict[str, Any]:
    """What a row that ``write_jsonl`` wrote says of itself; nothing for any other row.

    Some of these keys are common words, and in a row that a person brings they mean something else:
    a row is ours when it has all of them, with values that we give.
    """
    kinds = {"scenario": Scenario, "split": Split, "source": Source}
    is_ours = set(_LABELS) <= set(value) and all(
        value[key] in get_args(kind) for key, kind in kinds.items()
    )
    keys = (*_LABELS, *(key for key in ("fixed", "shown") if key in value))
    return {key: value[key] for key in keys} if is_ours else {}


def _calls(value: dict[str, Any]) -> bool:
    messages = value["messages"] if isinstance(value["messages"], list) else []
    return any(isinstance(m, dict) and m.get("tool_calls") for m in messages)


def normalized(text: str) -> str:
    """A text without what does not change its meaning: case, spacing, the final punctuation.

    Signs, numbers and quotes stay: "-5" and "5" are two values.
    """
    folded = unicodedata.normalize("NFC", text).casefold()
    return " ".join(folded.split()).rstrip(" .!?…")
