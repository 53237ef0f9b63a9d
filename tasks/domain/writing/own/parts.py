"""What one turn holds: words, thoughts, calls and results, as a text or as a list of parts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tasks.domain.errors import UnusableData
from tasks.domain.writing.own.calls import CALL_KEYS, OwnCall, call_of, calls_of, excerpt
from tasks.domain.writing.own.own_turn import OwnTurn

_ANSWERS = ("functionResponse", "function_response")
_TEXT_PARTS = (None, "text", "input_text", "output_text", "refusal")
"""What parts of a content are called whose text is what is said."""
_CALL_PARTS = ("tool_use", "tool_call", "function_call")
_THOUGHT_PARTS = ("thinking", "reasoning", "redacted_thinking")
_END_MARKS = (
    *(f"<|{name}|>" for name in ("endoftext", "im_end", "eot_id", "eom_id", "end")),
    *("<|end_of_text|>", "<|end_of_turn|>", "<end_of_turn>", "</s>"),
    "<｜end▁of▁sentence｜>",  # noqa: RUF001
)
"""How an exporter that keeps what a model wrote ends its turns: the chat template says it again."""
_ENDS = "turns end with a model's own end mark: left out, the chat template says it"
_ENCRYPTED = "thoughts are encrypted: left out"
_MEDIA = ("image", "image_url", "audio", "input_audio", "video", "file", "document")
CALL_LISTS = ("tool_calls", "toolCalls", "function_calls", *CALL_KEYS)
IDS = ("tool_call_id", "toolCallId", "tool_use_id", "call_id", "id")
NAMES = ("name", "tool_name")
"""What a result may call its tool; the second is Ollama's."""


def is_padding(key: str, value: Any) -> bool:
    """Whether columns have a key where this turn or part has none: as null, or as nulls alone."""
    return value is None or (key in (*CALL_LISTS, *_ANSWERS) and _is_nothing(value))


def _is_nothing(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_nothing, value))
    if isinstance(value, dict):
        return bool(value) and all(map(_is_nothing, value.values()))
    return value is None


def has_results(content: Any) -> bool:
    """Whether the results of a tool's turn are parts of it, as Gemini and Anthropic write them."""
    parts = content if isinstance(content, list) else []
    return any(
        part.get("type") == "tool_result" or not part.keys().isdisjoint(_ANSWERS)
        for part in parts
        if isinstance(part, dict)
    )


@dataclass
class Parts:
    """What a turn's content holds."""

    text: str = ""
    thought: str = ""
    calls: tuple[OwnCall, ...] = ()
    results: tuple[OwnTurn, ...] = ()
    changes: tuple[str, ...] = ()


def parts_of(content: Any, is_call: bool) -> Parts:
    """The parts of a turn's content; where it ``is_call``, what is no text is the calls.

    Raises:
        UnusableData: there is more in it than text, thoughts, calls and results.
    """
    if isinstance(content, str):
        text = _without_end_marks(content)
        return Parts(text=text, changes=(_ENDS,) * (text != content))
    if is_call:
        return Parts(calls=calls_of(content))
    if not isinstance(content, list):
        raise UnusableData(f"its content is {excerpt(content)}, needed a text or a list of parts")
    parts = Parts()
    for part in content:
        _add(part, parts)
    return parts


def _without_end_marks(text: str) -> str:
    rest = text.rstrip()
    while rest.endswith(_END_MARKS):
        mark = next(mark for mark in _END_MARKS if rest.endswith(mark))
        rest = rest.removesuffix(mark).rstrip()
    return rest if rest != text.rstrip() else text


def _add(part: Any, parts: Parts) -> None:
    """Put a part of Anthropic's, Gemini's or OpenAI's content where it belongs."""
    whole = part if isinstance(part, dict) else {"text": part}
    body = {key: value for key, value in whole.items() if not is_padding(key, value)}
    kind = body.get("type")
    answer = next((body[key] for key in _ANSWERS if isinstance(body.get(key), dict)), None)
    if kind == "tool_result" or answer is not None:
        result = body if answer is None else {**answer, "content": answer.get("response")}
        parts.results += tuple(results_of(result.get("content"), result))
    elif kind in _CALL_PARTS or any(isinstance(body.get(key), dict) for key in CALL_KEYS):
        parts.calls += (call_of(body),)
    elif kind in _THOUGHT_PARTS or body.get("thought") is True:
        parts.thought += thought_in(body)
        parts.changes += (_ENCRYPTED,) * (kind == "redacted_thinking")
    else:
        text = body.get("text") or body.get("refusal") or ("" if kind == "text" else None)
        if not isinstance(text, str) or kind not in _TEXT_PARTS:
            raise UnusableData(
                f"its content has {excerpt(part)}, needed text, calls or results, in one of the "
                "forms of docs/data.md"
            )
        parts.text += text


def thought_in(value: Any) -> str:
    """The text of a thought, however it is held."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(thought_in, value))
    if isinstance(value, bool) or value is None:
        return ""  # a switch beside the words
    keys = ("thinking", "reasoning", "text", "content", "summary")
    parts = value if isinstance(value, dict) else {}
    inner = next((parts[key] for key in keys if parts.get(key)), "" if parts else value)
    if not isinstance(inner, str | list):
        raise UnusableData(f"a thought that is {excerpt(value)}, needed text")
    return thought_in(inner)


def results_of(content: Any, message: dict[str, Any]) -> Iterator[OwnTurn]:
    text = result_text(content)
    identity = next((str(message[key]) for key in IDS if message.get(key)), "")
    tool = next((str(message[key]) for key in NAMES if message.get(key)), "")
    for one in tagged(text, "tool_response")[0] or [text]:
        yield OwnTurn("tool", one.strip(), answers=(identity, tool))


def tagged(text: str, tag: str) -> tuple[list[str], str]:
    """What stands between each ``<tag>`` and ``</tag>``, and the text without all of it."""
    blocks, rest, at = [], [], 0
    while (start := text.find(f"<{tag}>", at)) >= 0:
        end = text.find(f"</{tag}>", start)
        if end < 0:
            break
        rest.append(text[at:start])
        blocks.append(text[start + len(tag) + 2 : end])
        at = end + len(tag) + 3
    return blocks, "".join([*rest, text[at:]])


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
            raise UnusableData(f"a result holds {media!r}, needed text")
    return json.dumps(content, ensure_ascii=False)
