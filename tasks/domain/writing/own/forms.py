"""What one row of a person's file may be: a conversation in any form, a logged request, a log."""

import json
from typing import Any

from tasks.domain.errors import UnusableData
from tasks.domain.writing.own.calls import excerpt, values_of

_TURNS = ("messages", "conversations", "conversation", "contents")
_MEDIA = ("images", "image", "videos", "video", "audios", "audio")
_OTHERS = ("request", "query", "prompt")
_LIMITS = ("length", "max_tokens", "MAX_TOKENS", "max_output_tokens")
"""How OpenAI, Anthropic, Gemini and OpenAI's Responses say that a token limit ended an answer."""
_EXPECTATION = "needed an object with its turns in one of them"


def conversations_in(value: Any) -> list[Any]:
    """The value itself, or of a log record of a Prefect run the conversation in it, or nothing."""
    is_log = (
        isinstance(value, dict)
        and isinstance(value.get("message"), str)
        and "level" in value
        and not {*_TURNS, *_OTHERS} & set(value)
    )
    if not is_log:
        return [value]
    text = value["message"]
    try:
        inner = json.loads(text[text.index("{") :])
    except (ValueError, RecursionError):
        return []
    return [inner] if {*_TURNS, "request"} & set(inner) else []


def is_cut(value: Any) -> bool:
    """Whether it is a logged answer that stopped at its token limit."""
    response = value.get("response") if isinstance(value, dict) else None
    first = _first(response, "choices") or _first(response, "candidates")
    details = response.get("incomplete_details") if isinstance(response, dict) else None
    keys = ("stop_reason", "finish_reason", "finishReason", "reason")
    parts = [part for part in (response, first, details) if isinstance(part, dict)]
    ends = [part.get(key) for part in parts for key in keys]
    return any(reason in ends for reason in _LIMITS)


def is_unwanted(value: Any) -> bool:
    """Whether it is an answer that nobody wants, as KTO marks it."""
    return isinstance(value, dict) and value.get("label") is False


def _first(value: Any, key: str) -> Any:
    parts = value.get(key) if isinstance(value, dict) else None
    return parts[0] if parts and isinstance(parts, list) else None


def conversation_of(value: Any) -> dict[str, Any]:
    """The row in one form: ``messages`` is a list of objects, what else it says beside it.

    Raises:
        UnusableData: there are no turns in it, or more than text.
    """
    if not isinstance(value, dict):
        raise UnusableData(
            f"no 'messages' and no 'conversations' in {excerpt(value)}; {_EXPECTATION}"
        )
    media = next((key for key in _MEDIA if value.get(key)), None)
    if media is not None:
        raise UnusableData(f"found {media!r}, needed text only: pictures and sound are not read")
    if isinstance(value.get("request"), dict):
        value = _completed(value["request"], value.get("response"))
    if isinstance(value.get("input"), list) and not turn_lists(value):
        value = _responded(value, value.get("output"))
    turns = _turns(value)
    if turns is None:
        keys = excerpt(", ".join(value))
        raise UnusableData(f"no 'messages' and no 'conversations' among {keys}; {_EXPECTATION}")
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise UnusableData(f"the turns are not a list of objects: {excerpt(turns)}")
    return {**value, "messages": turns}


def turn_lists(value: Any) -> list[str]:
    """The keys under which a row has turns."""
    return [key for key in _TURNS if value.get(key)] if isinstance(value, dict) else []


def _turns(value: dict[str, Any]) -> Any:
    keys = turn_lists(value) or [key for key in _TURNS if value.get(key) is not None]
    turns = value[keys[0]] if keys else None
    if isinstance(turns, str) and turns.lstrip().startswith("["):
        return values_of(turns, "the turns")[0]
    if turns is None and {"query", "answers"} <= set(value):
        answer = {"role": "assistant", "tool_calls": value["answers"]}
        return [{"role": "user", "content": value["query"]}, answer]
    completion = value.get("completion")
    if turns is None and isinstance(value.get("prompt"), list) and completion:
        return value["prompt"] + (completion if isinstance(completion, list) else [completion])
    return turns


def _responded(request: dict[str, Any], output: Any) -> dict[str, Any]:
    """The items of OpenAI's Responses: what went in, and what came out, as turns."""
    turns = request["input"]
    questions = turns if isinstance(turns, list) else [{"role": "user", "content": turns}]
    answer = {"role": "assistant", "content": output} if isinstance(output, str) else output
    answers = answer if isinstance(answer, list) else [answer] * bool(answer)
    system = request.get("instructions") or request.get("system")
    return {**request, "system": system, "messages": [*questions, *answers]}


def _completed(request: dict[str, Any], response: Any) -> dict[str, Any]:
    """A logged request with its answer as the last turn: OpenAI's, Gemini's or Anthropic's."""
    key = next((key for key in _TURNS if isinstance(request.get(key), list)), "messages")
    try:
        if "output" in response:
            return _responded(request, response["output"])
        if "choices" in response:
            answer = response["choices"][0]["message"]
        elif "candidates" in response:
            answer = response["candidates"][0]["content"]
        else:
            answer = {"content": response["content"]}
        return {**request, key: [*request[key], {"role": "assistant", **answer}]}
    except (KeyError, IndexError, TypeError) as error:
        raise UnusableData(
            "a logged request without messages, or without response.choices[0].message"
        ) from error
