"""Is a chat template fit to train tool calls with? Questions to the template and its tokenizer.

They are asked with rows of our own kind, so that a downloaded tokenizer is held to what training,
evaluation and export rely on; TRL's own questions are asked by the tests.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Protocol

from tasks.domain.conversations import Message, Row, opening
from tasks.domain.errors import UnusableModel
from tasks.domain.gate.token_rules import EncodedRow
from tasks.domain.schemas.function_spec import FunctionSpec
from tasks.domain.toolcalls import ToolCall, parse


class Chat(Protocol):
    """A tokenizer with its chat template."""

    @property
    def eos_id(self) -> int:
        """The token that ends a turn."""

    @property
    def first_token(self) -> str:
        """What the vocabulary puts in front of every text by itself; or ""."""

    def render(
        self,
        messages: Sequence[Message],
        tools: Sequence[dict[str, Any]],
        *,
        add_generation_prompt: bool = False,
    ) -> str:
        """The text that the model reads."""

    def ids(self, text: str) -> list[int]:
        """Tokens of a rendered text."""

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens, special ones included."""

    def encode(self, row: Row) -> EncodedRow:
        """Tokens of a row and which of them are trained."""


def _function(name: str, description: str, **parameters: str) -> dict[str, Any]:
    properties = {parameter: {"type": kind} for parameter, kind in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    function = {"name": name, "description": description, "parameters": schema}
    return {"type": "function", "function": function}


_TOOLS = (
    _function("measure_depth", "Measure how deep a lake is.", lake="string"),
    _function("add_numbers", "Add two numbers.", first="number", second="number"),
)
_DEPTH = ToolCall(name="measure_depth", arguments={"lake": 'Lake "Como" {north}'})
_SUM = ToolCall(name="add_numbers", arguments={"first": 1.5, "second": -2})
_TURNS: dict[str, tuple[tuple[str, tuple[ToolCall, ...]], ...]] = {
    "an answer": (("Which lake do you mean?", ()),),
    "a call": (("", (_DEPTH,)),),
    "a call, its result, an answer": (("", (_DEPTH,)), ("It is 410 m deep.", ())),
    "words and two calls": (("Both, then.", (_DEPTH, _SUM)), ("410 m and -0.5.", ())),
}


def template_faults(chat: Chat, stop: Sequence[str], thinks: bool) -> list[str]:
    """What keeps ``chat`` from being trained and read back; empty when nothing does.

    Args:
        chat: the tokenizer with the template that is used.
        stop: the texts that end the assistant's turn.
        thinks: whether the generation prompt must open a ``<think>`` block.
    """
    question = _row("an answer").prompt
    try:
        prompt = chat.render(question, _TOOLS, add_generation_prompt=True)
    except UnusableModel as error:
        return [str(error)]
    faults = [
        *_no_first_token(prompt, chat.first_token),
        *_unread_tools(prompt),
        *_unlike_thought(prompt, thinks),
        *_no_stop(chat, stop),
    ]
    for name in _TURNS:
        faults += [f"{name}: {fault}" for fault in _row_faults(chat, name, stop)]
    return faults


def _no_first_token(prompt: str, first: str) -> list[str]:
    """Training would not see a token that llama.cpp puts in front of every prompt."""
    if prompt.startswith(first):
        return []
    return [f"begins without {first!r}, which the vocabulary puts first: begin with bos_token"]


def _unread_tools(prompt: str) -> list[str]:
    missing = [
        part
        for spec in map(FunctionSpec.of, _TOOLS)
        for part in (spec.name, spec.description)
        if part not in prompt
    ]
    return [f"does not render the tools it is given: no {missing[0]!r}"] if missing else []


def _unlike_thought(prompt: str, thinks: bool) -> list[str]:
    opens = prompt.rstrip().endswith("<think>")
    if opens == thinks:
        return []
    return [f"the generation prompt {'opens' if opens else 'does not open'} a <think> block"]


def _no_stop(chat: Chat, stop: Sequence[str]) -> list[str]:
    ends = [text for text in stop if chat.ids(text) == [chat.eos_id]]
    return [] if ends else [f"none of {list(stop)} is the tokenizer's end token {chat.eos_id}"]


def _row_faults(chat: Chat, name: str, stop: Sequence[str]) -> list[str]:
    row = _row(name)
    try:
        encoded = chat.encode(row)
    except UnusableModel as error:
        return [str(error)]
    trained_texts = _trained_texts(chat, encoded)
    expected_texts = _TURNS[name]
    if len(trained_texts) != len(expected_texts):
        return [f"{len(trained_texts)} runs of trained tokens, needed {len(expected_texts)}"]
    faults = []
    for text, (words, calls) in zip(trained_texts, expected_texts, strict=True):
        end = next((end for end in stop if text.endswith(end)), None)
        if end is None:
            faults.append(f"no stop token is trained: a turn ends with {text[-20:]!r}")
            continue
        read = parse(text.removesuffix(end))
        if (read.text, read.calls, read.malformed) != (words, calls, ()):
            faults.append(f"is not read back as it was rendered: {text[:80]!r}")
    return faults


def _trained_texts(chat: Chat, encoded: EncodedRow) -> list[str]:
    pairs = zip(encoded.ids, encoded.trained, strict=True)
    runs = groupby(pairs, key=lambda pair: pair[1])
    return [chat.text([token for token, _ in run]) for is_trained, run in runs if is_trained]


def _row(name: str) -> Row:
    turns = [*opening("How deep is it, and what is the sum?")]
    for words, calls in _TURNS[name]:
        turns.append(Message.assistant(words, *calls))
        turns += [Message(role="tool", content="410") for _ in calls]
    # A result is always followed by an answer; a row may end with its call.
    prefix = turns if turns[-1].role == "assistant" else turns[:-1]
    return Row(scenario="standard", messages=tuple(prefix), tools=_TOOLS)
