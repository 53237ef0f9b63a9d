"""Turns as people's files have them → turns in one form: who, what, calls, what is learned."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tasks.domain.errors import UnusableData
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
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
RESULT = re.compile(r"<tool_response>(.*?)</tool_response>", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*(?:<think>)?((?:(?!<think>).)*?)</think>\s*", re.DOTALL)
_WEIGHTS = ("weight", "loss_scale")
_SWITCHES = ("loss", "train", "training")


@dataclass(frozen=True)
class OwnTurn:
    """One turn; of a tool, one result."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    thought: str = ""
    calls: tuple[OwnCall, ...] = ()
    is_learned: bool = True
    answers: str | None = None
    """The id of the call whose result it is, or the tool's name where there are no ids."""


def turns_of(messages: Iterable[dict[str, Any]]) -> list[OwnTurn]:
    """The turns as they stand there; several results in one turn are several turns.

    Raises:
        UnusableData: a turn of an unknown role, or with what is no text and no call.
    """
    turns: list[OwnTurn] = []
    for number, message in enumerate(messages, start=1):
        try:
            turns += _turns(message)
        except UnusableData as fault:
            raise UnusableData(f"turn {number}: {fault}") from fault
    return turns


def _turns(message: dict[str, Any]) -> Iterator[OwnTurn]:
    """A turn as turns of ours; results that stand in it come first."""
    role_text = message.get("role") or message.get("from") or message.get("type")
    name = str(role_text).lower()
    role = _ROLES.get(name)
    if role is None:
        raise UnusableData(f"a turn of {excerpt(role_text)}; known: {', '.join(_ROLES)}")
    content = next((message[key] for key in _TEXT_KEYS if message.get(key) is not None), "")
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
        yield OwnTurn(role, parts.text)


def _has_results(content: Any) -> bool:
    """Whether the results of a tool's turn are parts of it, as Gemini writes them."""
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and set(_ANSWERS) & set(part) for part in parts)


@dataclass
class _Parts:
    """What a turn's content holds."""

    text: str = ""
    thought: str = ""
    calls: tuple[OwnCall, ...] = ()
    results: tuple[OwnTurn, ...] = ()


def _parts(content: Any, is_call: bool) -> _Parts:
    if isinstance(content, str):
        return _Parts(text=content)
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
    body = part if isinstance(part, dict) else {"text": part}
    kind = body.get("type")
    answer = next((body[key] for key in _ANSWERS if isinstance(body.get(key), dict)), None)
    thought = body.get("thinking") or (body.get("text") if body.get("thought") is True else None)
    if kind == "tool_result" or answer is not None:
        result = body if answer is None else {**answer, "content": answer.get("response")}
        parts.results += tuple(_results(result.get("content"), result))
    elif kind == "tool_use" or any(isinstance(body.get(key), dict) for key in CALL_KEYS):
        parts.calls += (call_of(body),)
    elif isinstance(thought, str):
        parts.thought += thought
    else:
        text = body.get("text") or body.get("refusal") or ("" if kind == "text" else None)
        if not isinstance(text, str):
            raise UnusableData(
                f"its content has {excerpt(part)}, needed text, calls or results: pictures and "
                "sound are not read"
            )
        parts.text += text


def _results(content: Any, message: dict[str, Any]) -> Iterator[OwnTurn]:
    text = result_text(content)
    keys = ("tool_call_id", "tool_use_id", "call_id", "id", "name")
    answers = next((str(message[key]) for key in keys if message.get(key)), None)
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
        media = next((str(kind) for kind in kinds if kind in ("image", "image_url", "audio")), None)
        if media is not None:
            raise UnusableData(f"a result holds {media!r}: pictures and sound are not read")
    return json.dumps(content, ensure_ascii=False)


def _answer(message: dict[str, Any], is_call: bool, parts: _Parts) -> OwnTurn:
    """A turn of the assistant's."""
    calls_listed = next((message[key] for key in _CALL_LISTS if message.get(key)), ())
    calls = parts.calls + (calls_of(calls_listed) if calls_listed else ())
    thought, text = _split_thought(parts.text)
    text = text or str(message.get("refusal") or "")
    if not calls and is_call:
        calls = spoken_calls(text)[1] or calls_of(text or message)
        text = ""
        if not calls:
            raise UnusableData("its list of calls is empty, needed at least one")
    elif not calls:
        text, calls = spoken_calls(text)
    beside = [message[key] for key in _THOUGHTS if isinstance(message.get(key), str)]
    thoughts = [one.strip() for one in (*beside[:1], parts.thought, thought) if one.strip()]
    if any("<think>" in one or "</think>" in one for one in (text, *thoughts)):
        raise UnusableData(
            f"found <think> or </think> inside {excerpt(parts.text)}, needed one thought in front "
            "of the answer, or none"
        )
    thought = "\n".join(dict.fromkeys(thoughts))
    return OwnTurn("assistant", text, thought, calls, _is_learned(message))


def _split_thought(text: str) -> tuple[str, str]:
    match = _THOUGHT.match(text)
    return (match[1], text[match.end() :]) if match else ("", text)


def _is_learned(message: dict[str, Any]) -> bool:
    """Whether the loss sees an answer, as OpenAI, axolotl and ms-swift say it."""
    if any(message.get(key) is False for key in _SWITCHES):
        return False
    weights = [message[key] for key in _WEIGHTS if message.get(key) is not None]
    other = next((weight for weight in weights if weight not in (0, 1)), None)
    if other is not None:
        raise UnusableData(f"its weight is {excerpt(other)}, needed 0 or 1")
    return 0 not in weights
