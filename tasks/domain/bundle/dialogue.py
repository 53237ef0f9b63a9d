"""A conversation with a bundle's model: what a client sends, what was called, what is answered."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ValidationError, model_validator

from profiles import explain
from tasks.domain import Frozen
from tasks.domain.bundle.checks import Agent, NamedFunction
from tasks.domain.conversations import Message, MessageCall
from tasks.domain.errors import UnusableData
from tasks.domain.prompting.results import cap
from tasks.domain.toolcalls import ParsedAnswer, ToolCall
from tasks.domain.untrusted.printable import on_one_line, whole_characters


class Step(Frozen):
    """One call of the model's and what came of it."""

    name: str
    arguments: dict[str, Any]
    result: str
    """As the model reads it."""
    is_error: bool = False
    executed: bool = True
    """False where the call was wrong, or nobody allowed it."""
    simulated: bool = False
    """Whether the result was made up from a schema: the bundle is that of a tool list."""

    @property
    def call_text(self) -> str:
        """The call on one line."""
        return call_text(ToolCall(name=self.name, arguments=self.arguments))


class Usage(BaseModel):
    """Tokens of a request, under OpenAI's names."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Reply(Frozen):
    """What a question led to."""

    question: str
    calls: tuple[Step, ...]
    answer: str
    confidence: float | None = None
    """The probability that the first answer is right; None where the bundle says nothing of it."""
    is_held_back: bool = False
    """Whether the first answer is a call that was not made, the model not being sure enough."""
    is_cut: bool = False
    """Whether the token limit ended the answer."""
    usage: Usage = Usage()
    """Of all its answers together."""

    @property
    def asks_back(self) -> bool:
        """Whether the model wants to know something before it calls."""
        return not self.calls and self.answer.rstrip().endswith("?")


class Assurance(BaseModel):
    """How sure the model is, and whether that was too little; fields of our own in a choice."""

    confidence: float | None = None
    held_back: bool = False

    @property
    def text(self) -> str:
        """As the end of a line; nothing where it is not known."""
        if self.confidence is None:
            return ""
        return f" ({100 * self.confidence:.0f} % sure{', held back' * self.held_back})"


class _ClientTool(BaseModel):
    type: Literal["function"]
    function: NamedFunction


def _checked_tool(tool: dict[str, Any]) -> dict[str, Any]:
    """The tool as it was sent, once it is seen to be one that a chat template can write."""
    _ClientTool.model_validate(tool)
    return tool


class _StreamOptions(BaseModel):
    include_usage: bool = False


class ChatRequest(BaseModel):
    """What a client of OpenAI's chat completions sends; the model is always asked greedily."""

    messages: list[dict[str, Any]]
    tools: list[Annotated[dict[str, Any], AfterValidator(_checked_tool)]] | None = None
    tool_choice: Literal["auto", "none"] | None = None
    """Whether to call is the model's decision: no other choice can be kept."""
    parallel_tool_calls: bool | None = None
    """Whether an answer may have several calls; it may, where nothing is said."""
    stream: bool = False
    stream_options: _StreamOptions | None = None

    @model_validator(mode="before")
    @classmethod
    def _in_whole_characters(cls, value: Any) -> Any:
        # A client that cuts a text inside of an emoji sends half of it.
        return json.loads(whole_characters(json.dumps(value, ensure_ascii=False)))

    @property
    def wants_usage(self) -> bool:
        """Whether a stream is to end with the tokens that it took."""
        return self.stream_options is not None and self.stream_options.include_usage

    def part_of(self, answer: ParsedAnswer) -> ParsedAnswer:
        """The part of an answer that the client takes: one call where it wants no two at once."""
        if self.parallel_tool_calls is not False:
            return answer
        return answer.model_copy(update={"calls": answer.calls[:1]})

    @property
    def listed_tools(self) -> list[dict[str, Any]] | None:
        """The tools that the model reads about; None: those of training."""
        return [] if self.tool_choice == "none" else self.tools


def call_text(call: ToolCall) -> str:
    """A call as a person reads it, on one line."""
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return on_one_line(f"{call.name} {arguments}")


def conversation(messages: Sequence[Mapping[str, Any]], agent: Agent) -> tuple[Message, ...]:
    """A client's messages, behind the system turn that was trained where it sends none.

    Results of tools are cut as they were in training, and stand in the order of their calls.

    Raises:
        UnusableData: a message is none, or nothing is asked.
    """
    ordered = _by_calls(messages)
    talk = [_message(value, number, agent) for number, value in enumerate(ordered, start=1)]
    if not talk or talk[0].role != "system":
        talk.insert(0, Message(role="system", content=agent.system_prompt))
    if len(talk) < 2 or talk[1].role != "user":
        role = talk[1].role if len(talk) > 1 else "nothing"
        raise UnusableData(f"messages: {role} behind the system turn, needed a user's message")
    if talk[-1].role not in ("user", "tool"):
        raise UnusableData("messages: the last one is the assistant's, needed a user's or a tool's")
    return tuple(talk)


def completion(
    answer: ParsedAnswer,
    steps: Sequence[Step],
    finish: str,
    usage: Usage,
    assurance: Assurance,
    **head: Any,
) -> dict[str, Any]:
    """An answer as OpenAI's chat completions give it; ``head``: its id, time and model."""
    calls = _openai_calls(answer.calls, str(head["id"]))
    message = {"role": "assistant", "content": _words(answer) or None} | (
        {"tool_calls": calls} if calls else {}
    )
    tokens = usage.model_dump() | {"total_tokens": usage.prompt_tokens + usage.completion_tokens}
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": "tool_calls" if calls else finish,
        **assurance.model_dump(),
    }
    extra = {"executed_calls": [step.model_dump() for step in steps]} if steps else {}
    return {**head, "object": "chat.completion", "choices": [choice], "usage": tokens, **extra}


def chunks(whole: Mapping[str, Any], *, with_usage: bool = False) -> list[str]:
    """A completion as the events of a stream, in one piece: a short answer is there at once.

    ``with_usage``: whether a chunk with the tokens that it took ends it.
    """
    (choice,) = whole["choices"]
    delta = dict(choice["message"])
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": n} | call for n, call in enumerate(delta["tool_calls"])]
    end = {name: value for name, value in choice.items() if name != "message"}
    parts: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {"choices": [end | {"delta": {}}]}
        | {name: value for name, value in whole.items() if name == "executed_calls"},
        *([{"choices": [], "usage": whole["usage"]}] if with_usage else []),
    ]
    head = {name: whole[name] for name in ("id", "created", "model")}
    head["object"] = "chat.completion.chunk"
    events = [json.dumps(head | part, ensure_ascii=False) for part in parts]
    return [f"data: {event}\n\n" for event in [*events, "[DONE]"]]


def _words(answer: ParsedAnswer) -> str:
    """What the model says outside calls; a call that cannot be read is shown as it is."""
    return "\n".join(filter(None, [answer.text, *answer.malformed]))


def _openai_calls(calls: Sequence[ToolCall], answer: str) -> list[dict[str, Any]]:
    return [
        {"id": f"call_{answer}_{number}", **MessageCall.of(call).model_dump()}
        for number, call in enumerate(calls)
    ]


def _by_calls(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages, the results of each turn's calls in the order of the calls.

    A client may send them as they come in. What a result of no known call is of, is left to its
    place.
    """
    ordered: list[Mapping[str, Any]] = []
    for is_result, group in groupby(messages, lambda message: message.get("role") == "tool"):
        results = list(group)
        calls = ordered[-1].get("tool_calls") if is_result and ordered else None
        ids = [
            call.get("id")
            for call in (calls if isinstance(calls, list) else ())
            if isinstance(call, Mapping)
        ]
        if is_result and all(result.get("tool_call_id") in ids for result in results):
            results.sort(key=lambda result: ids.index(result.get("tool_call_id")))
        ordered += results
    return ordered


def _message(value: Mapping[str, Any], number: int, agent: Agent) -> Message:
    role = "system" if value.get("role") == "developer" else value.get("role")
    text = _text(value.get("content"), number)
    try:
        message = Message.model_validate(
            {
                "role": role,
                "content": cap(text, agent.max_result_chars) if role == "tool" else text,
                "tool_calls": value.get("tool_calls") or (),
            }
        )
        return message.model_copy(update={"tool_calls": tuple(map(_whole, message.tool_calls))})
    except ValidationError as error:
        raise UnusableData(f"messages, number {number}: {explain(error)}") from error
    except ValueError as error:
        raise UnusableData(
            f"messages, number {number}: the arguments of a call are no JSON: {error}"
        ) from error


def _whole(call: MessageCall) -> MessageCall:
    """A client's call, once its arguments are seen to be an object; an empty text stands for {}."""
    function = call.function
    if not function.arguments.strip():
        function = function.model_copy(update={"arguments": "{}"})
    return MessageCall.of(MessageCall(function=function).decoded())


def _text(content: Any, number: int) -> str:
    """A text, or the texts of its parts."""
    if isinstance(content, str) or content is None:
        return content or ""
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    if len(texts) != len(parts) or not all(isinstance(text, str) for text in texts):
        raise UnusableData(f"messages, number {number}: the content has parts that are no text")
    return "\n".join(map(str, texts))
