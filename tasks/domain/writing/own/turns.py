"""Turns as people's files have them → turns in one form: who, what, calls, what is learned."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from tasks.domain.errors import UnusableData
from tasks.domain.writing.own.bare_calls import bare_calls
from tasks.domain.writing.own.calls import (
    CALL_KEYS,
    OwnCall,
    call_of,
    calls_of,
    excerpt,
    spoken_calls,
)

_ROLES: dict[str, Literal["system", "user", "assistant", "tool"]] = {
    "system": "system",
    "developer": "system",
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "tool_calls": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "environment": "tool",
    "ipython": "tool",
    "function_response": "tool",
    "function_call_output": "tool",
    "tool_response": "tool",
    "tool_result": "tool",
}
_CALLING = ("function_call", "tool_call", "tool_calls")
"""Roles whose words are the call itself."""
_TEXT_KEYS = ("content", "value", "parts", "output", "text")
_ANSWERS = ("functionResponse", "function_response")
_CALL_LISTS = ("tool_calls", "function_calls", *CALL_KEYS)
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
_TEXT_PARTS = (None, "text", "input_text", "output_text", "refusal")
"""What parts of a content are called whose text is what is said."""
_CALL_PARTS = ("tool_use", "tool_call", "function_call")
_THOUGHT_PARTS = ("thinking", "reasoning", "redacted_thinking")
_END = re.compile(
    r"(?:\s*(?:<\|(?:endoftext|im_end|eot_id|eom_id|end|end_of_text|end_of_turn)\|>|</s>"
    r"|<end_of_turn>|<｜end▁of▁sentence｜>))+\s*\Z"  # noqa: RUF001
)
"""How an exporter that keeps what a model wrote ends its turns: the chat template says it again."""
_ENDS = "turns end with a model's own end mark: left out, the chat template says it"
_ENCRYPTED = "thoughts are encrypted: left out"
RESULT = re.compile(r"<tool_response>(.*?)</tool_response>", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*(?:<think>)?((?:(?!<think>).)*?)</think>\s*", re.DOTALL)
_WEIGHTS = ("weight", "loss_scale")
_SWITCHES = ("loss", "train", "training")
_PARTIAL = "train_detail"
_IDS = ("tool_call_id", "tool_use_id", "call_id", "id")
_ABOUT = {"role", "from", "type", "name", *_IDS, *_THOUGHTS, *_WEIGHTS, *_SWITCHES, *_CALL_LISTS}
"""What a turn without words may say."""
_KEYS = {*_ABOUT, *_TEXT_KEYS, "refusal", "tool_calls", "arguments", "args", "input"}
_MEDIA = ("image", "image_url", "audio", "input_audio", "video", "file", "document")


@dataclass(frozen=True)
class OwnTurn:
    """One turn; of a tool, one result."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    thought: str = ""
    calls: tuple[OwnCall, ...] = ()
    is_learned: bool = True
    answers: tuple[str, str] = ("", "")
    """The id of the call whose result it is, and its tool's name."""
    changes: tuple[str, ...] = ()
    """What of it was left out, for the notes."""


def turns_of(messages: Iterable[dict[str, Any]]) -> list[OwnTurn]:
    """The turns as they stand there; several results in one turn are several turns.

    Raises:
        UnusableData: a turn of an unknown role, or with what is no text and no call.
    """
    turns: list[OwnTurn] = []
    for number, message in enumerate(messages, start=1):
        try:
            turns += _with_unread(list(_turns(message)), message)
        except UnusableData as fault:
            raise UnusableData(f"turn {number}: {fault}") from fault
    return turns


def _with_unread(turns: list[OwnTurn], message: dict[str, Any]) -> list[OwnTurn]:
    """The turns of a message; the last one says which of its keys are not read."""
    unread = [key for key, value in message.items() if key not in _KEYS and value]
    changes = tuple(f"turns have {key[:40]!r}, which is not read" for key in unread)
    *others, last = turns or [OwnTurn("system")]
    return [*others, replace(last, changes=last.changes + changes)]


def _turns(message: dict[str, Any]) -> Iterator[OwnTurn]:
    """A turn as turns of ours; results that stand in it come first."""
    role_text = message.get("role") or message.get("from") or message.get("type")
    name = str(role_text).lower()
    role = _ROLES.get(name)
    if role is None:
        raise UnusableData(f"a turn of {excerpt(role_text)}; known: {', '.join(_ROLES)}")
    message = {key: part for key, part in message.items() if not _is_padding(key, part)}
    content = _content(message, role, name)
    if role == "tool" and not _has_results(content):
        yield from _results(content, message)
        return
    is_call = name in _CALLING
    parts = _parts(content, is_call)
    yield from parts.results
    if role == "assistant":
        yield _answer(message, is_call, parts)
    elif parts.calls or parts.thought:
        raise UnusableData(f"found a call or a thought of the {role}'s, needed text")
    elif parts.text or not parts.results:
        yield OwnTurn(role, parts.text, changes=parts.changes)


def _is_padding(key: str, value: Any) -> bool:
    """Whether columns have a key where this turn or part has none: as null, or as nulls alone."""
    return value is None or (key in (*_CALL_LISTS, *_ANSWERS) and _is_nothing(value))


def _is_nothing(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_nothing, value))
    if isinstance(value, dict):
        return bool(value) and all(map(_is_nothing, value.values()))
    return value is None


def _content(message: dict[str, Any], role: str, name: str) -> Any:
    """What a turn says; empty where it only calls."""
    key = next((key for key in _TEXT_KEYS if key in message), None)
    says_else = role == "assistant" and (name in _CALLING or {*_CALL_LISTS, "refusal"} & {*message})
    others = [one for one in message if message[one] and one not in _ABOUT]
    if key is None and not says_else and others:
        raise UnusableData(
            f"its words stand under none of {', '.join(_TEXT_KEYS)}; found "
            f"{excerpt(', '.join(others))}"
        )
    return message[key] if key is not None else ""


def _has_results(content: Any) -> bool:
    """Whether the results of a tool's turn are parts of it, as Gemini and Anthropic write them."""
    parts = (
        [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    )
    return any(part.get("type") == "tool_result" or set(_ANSWERS) & set(part) for part in parts)


@dataclass
class _Parts:
    """What a turn's content holds."""

    text: str = ""
    thought: str = ""
    calls: tuple[OwnCall, ...] = ()
    results: tuple[OwnTurn, ...] = ()
    changes: tuple[str, ...] = ()


def _parts(content: Any, is_call: bool) -> _Parts:
    if isinstance(content, str):
        text = _END.sub("", content)
        return _Parts(text=text, changes=(_ENDS,) * (text != content))
    if is_call:
        return _Parts(calls=calls_of(content))
    if not isinstance(content, list):
        raise UnusableData(f"its content is {excerpt(content)}, needed a text or a list of parts")
    parts = _Parts()
    for part in content:
        _add(part, parts)
    return parts


def _add(part: Any, parts: _Parts) -> None:
    """Put a part of Anthropic's, Gemini's or OpenAI's content where it belongs."""
    whole = part if isinstance(part, dict) else {"text": part}
    body = {key: value for key, value in whole.items() if not _is_padding(key, value)}
    kind = body.get("type")
    answer = next((body[key] for key in _ANSWERS if isinstance(body.get(key), dict)), None)
    if kind == "tool_result" or answer is not None:
        result = body if answer is None else {**answer, "content": answer.get("response")}
        parts.results += tuple(_results(result.get("content"), result))
    elif kind in _CALL_PARTS or any(isinstance(body.get(key), dict) for key in CALL_KEYS):
        parts.calls += (call_of(body),)
    elif kind in _THOUGHT_PARTS or body.get("thought") is True:
        parts.thought += _thought_in(body)
        parts.changes += (_ENCRYPTED,) * (kind == "redacted_thinking")
    else:
        text = body.get("text") or body.get("refusal") or ("" if kind == "text" else None)
        if not isinstance(text, str) or kind not in _TEXT_PARTS:
            raise UnusableData(
                f"its content has {excerpt(part)}, needed text, calls or results: pictures and "
                "sound are not read"
            )
        parts.text += text


def _thought_in(value: Any) -> str:
    """The text of a thought, however it is held."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_thought_in, value))
    if isinstance(value, bool) or value is None:
        return ""  # a switch beside the words
    keys = ("thinking", "reasoning", "text", "content", "summary")
    parts = value if isinstance(value, dict) else {}
    inner = next((parts[key] for key in keys if parts.get(key)), "" if parts else value)
    if not isinstance(inner, str | list):
        raise UnusableData(f"a thought that is {excerpt(value)}, needed text")
    return _thought_in(inner)


def _results(content: Any, message: dict[str, Any]) -> Iterator[OwnTurn]:
    text = result_text(content)
    identity = next((str(message[key]) for key in _IDS if message.get(key)), "")
    answers = (identity, str(message.get("name") or ""))
    for one in RESULT.findall(text) or [text]:
        yield OwnTurn("tool", one.strip(), answers=answers)


def result_text(content: Any) -> str:
    """A result as text: parts of text joined, any other value as JSON."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list) and content:
        kinds = [part.get("type") if isinstance(part, dict) else None for part in content]
        if all(kind == "text" for kind in kinds):
            return "".join(str(part["text"]) for part in content if part.get("text") is not None)
        media = next((str(kind) for kind in kinds if kind in _MEDIA), None)
        if media is not None:
            raise UnusableData(f"a result holds {media!r}: pictures and sound are not read")
    return json.dumps(content, ensure_ascii=False)


def _answer(message: dict[str, Any], is_call: bool, parts: _Parts) -> OwnTurn:
    """A turn of the assistant's."""
    calls_listed = next((message[key] for key in _CALL_LISTS if message.get(key)), ())
    listed = calls_of(calls_listed) if calls_listed else ()
    calls = parts.calls + tuple(call for call in listed if not _is_among(call, parts.calls))
    thought, text = _split_thought(parts.text)
    text = text or str(message.get("refusal") or "")
    if not calls and is_call:
        calls = spoken_calls(text)[1] or calls_of(text or message)
        text = ""
        if not calls:
            raise UnusableData("its list of calls is empty, needed at least one")
    elif not calls:
        text, calls = _said_and_called(text)
    beside = [_thought_in(message[key]) for key in _THOUGHTS if message.get(key)]
    thoughts = [one.strip() for one in (*beside[:1], parts.thought, thought) if one.strip()]
    if any("<think>" in one or "</think>" in one for one in (text, *thoughts)):
        raise UnusableData(
            f"found <think> or </think> inside {excerpt(parts.text)}, needed one thought in front "
            "of the answer, or none"
        )
    thought = "\n".join(dict.fromkeys(thoughts))
    return OwnTurn("assistant", text, thought, calls, _is_learned(message), changes=parts.changes)


def _said_and_called(text: str) -> tuple[str, tuple[OwnCall, ...]]:
    calls = bare_calls(text)
    return ("", calls) if calls else spoken_calls(text)


def _is_among(call: OwnCall, others: tuple[OwnCall, ...]) -> bool:
    """Whether a call stands in the content too, as LangChain writes it."""
    return any(
        call.id == other.id if call.id and other.id else _same(call) == _same(other)
        for other in others
    )


def _same(call: OwnCall) -> tuple[str, dict[str, Any]]:
    return call.name, call.arguments


def _split_thought(text: str) -> tuple[str, str]:
    match = _THOUGHT.match(text)
    return (match[1], text[match.end() :]) if match else ("", text)


def _is_learned(message: dict[str, Any]) -> bool:
    """Whether the loss sees an answer, as OpenAI, axolotl and ms-swift say it."""
    if message.get(_PARTIAL):
        raise UnusableData(f"found {_PARTIAL!r}: an answer is learned as a whole, or not at all")
    weights = [message[key] for key in (*_WEIGHTS, *_SWITCHES) if message.get(key) is not None]
    other = next((weight for weight in weights if weight not in (0, 1)), None)
    if other is not None:
        raise UnusableData(f"its weight is {excerpt(other)}, needed 0 or 1")
    return 0 not in weights  # which False equals
