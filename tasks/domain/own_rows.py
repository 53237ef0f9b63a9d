"""Conversations that a person brings → rows: OpenAI, Hermes/ShareGPT, and logs of either.

One line is one of: ``{"messages": […]}`` (OpenAI), ``{"conversations": […]}`` (ShareGPT; calls as
``<tool_call>`` text), ``{"request": {…}, "response": {…}}`` (a logged chat completion), or a log
record of a Prefect run whose ``message`` is the JSON of one of these. Tools stand in ``tools``, or
in the system turn between ``<tools>`` and ``</tools>``.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from tasks.domain.conversations import SYSTEM_PROMPT, Row, decoded, row_of
from tasks.domain.errors import UnusableData
from tasks.domain.toolcalls import CLOSE, OPEN, parse

_ROLES = {
    "system": "system",
    "developer": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "function_response": "tool",
}
_LISTED = re.compile(r"<tools>(.*?)</tools>", re.DOTALL)
_RESULT = re.compile(r"<tool_response>(.*?)</tool_response>", re.DOTALL)

_Tools = Sequence[dict[str, Any]]


@dataclass
class OwnRows:
    """What was found in a file of conversations."""

    rows: list[Row] = field(default_factory=list)
    skipped: int = 0
    """Log records that are no conversations: what else a run has said."""


def read_own(lines: Iterable[str], source: str, tools: _Tools | None = None) -> OwnRows:
    """Read a file of conversations; those without tools take the ones given.

    Raises:
        UnusableData: no rows, or a line that is none; the message has the line number.
    """
    found = OwnRows()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = own_row(line, f"{source}:{number}", tools)
        if row is None:
            found.skipped += 1
        else:
            found.rows.append(row)
    if not found.rows:
        told = f" in {found.skipped} log records" if found.skipped else ""
        raise UnusableData(f"{source}: no rows{told}, needed at least one")
    return found


def own_row(line: str, place: str, tools: _Tools | None = None) -> Row | None:
    """A row from one line; None where a log says something else.

    Raises:
        UnusableData: the line is not a conversation; the message has its place.
    """
    try:
        value = decoded(line)
    except ValueError as error:
        raise UnusableData(f"{place}: not JSON ({error}); each line must be one row") from error
    if _is_log(value):
        value = _logged(value["message"])
        if value is None:
            return None
    body = _conversation(value, place)
    turns = [part for message in body["messages"] for part in _messages(message, place)]
    messages = _in_call_order(turns)
    # What a person brings says tools in the system turn, where our templates put them again.
    body["messages"], listed = _without_tools(messages, place)
    body["tools"] = _as_functions(body.get("tools") or listed, place) or None
    return row_of({**body, "source": "own"}, place, tools)


def _is_log(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("message"), str) and "level" in value


def _logged(text: str) -> Any:
    """The conversation in a log's text; None when it is something else."""
    start = text.find("{")
    try:
        value = json.loads(text[start:]) if start >= 0 else None
    except ValueError:
        return None
    keys = {"messages", "conversations", "request"}
    return value if isinstance(value, dict) and keys & set(value) else None


def _conversation(value: Any, place: str) -> dict[str, Any]:
    """The line in one form: ``messages`` is a list of objects, what else it says beside it."""
    if isinstance(value, dict) and isinstance(value.get("request"), dict):
        value = _completed(value["request"], value.get("response"), place)
    if not isinstance(value, dict) or not {"messages", "conversations"} & set(value):
        raise UnusableData(
            f"{place}: no 'messages' and no 'conversations'; each line must be an object that has "
            "one of them"
        )
    body = {k: v for k, v in value.items() if k not in ("messages", "conversations")}
    messages = value.get("messages", value.get("conversations"))
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        raise UnusableData(f"{place}: the turns are not a list of objects")
    return {**body, "messages": messages}


def _completed(request: dict[str, Any], response: Any, place: str) -> dict[str, Any]:
    try:
        answer = response["choices"][0]["message"]
        return {"messages": [*request["messages"], answer], "tools": request.get("tools")}
    except (KeyError, IndexError, TypeError) as error:
        raise UnusableData(
            f"{place}: a logged request without messages, or without response.choices[0].message"
        ) from error


def _messages(message: dict[str, Any], place: str) -> Iterator[dict[str, Any]]:
    """A turn as messages of ours; several results in one turn become one message each."""
    said = message.get("role", message.get("from"))
    role = _ROLES.get(str(said))
    if role is None:
        raise UnusableData(f"{place}: a turn of {said!r}; known: {', '.join(_ROLES)}")
    text = _text(message.get("content", message.get("value")), place)
    if role == "tool":
        results = _RESULT.findall(text) or [text]
        met = message.get("tool_call_id")
        yield from ({"role": "tool", "content": one.strip(), "meets": met} for one in results)
        return
    calls = [_call(call, place) for call in _given_calls(message)]
    if role == "assistant" and not calls and "from" in message:
        text, calls = _spoken_calls(text, said == "function_call", place)
    yield {"role": role, "content": text, "tool_calls": calls}


def _given_calls(message: dict[str, Any]) -> list[Any]:
    legacy = message.get("function_call")
    return list(message.get("tool_calls") or ()) or ([{"function": legacy}] if legacy else [])


def _text(content: Any, place: str) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else None for part in content]
        texts = [part for part in parts if isinstance(part, str)]
        if len(texts) == len(parts):
            return "".join(texts)
    raise UnusableData(f"{place}: a turn's content is not text; pictures and sound are not read")


def _call(call: Any, place: str) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise UnusableData(f"{place}: a call without a function's name")
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments or {}, ensure_ascii=False)
    named = {"name": function["name"], "arguments": arguments or "{}"}
    return {"function": named, "id": call.get("id")}


def _in_call_order(turns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The turns, results in the order of the calls whose ids they name; then ids are not needed."""
    ordered: list[dict[str, Any]] = []
    ids: list[Any] = []
    for is_result, group in groupby(turns, key=lambda turn: turn["role"] == "tool"):
        part = list(group)
        if is_result:
            if all(turn["meets"] in ids for turn in part) and None not in ids:
                part.sort(key=lambda turn: ids.index(turn["meets"]))
            part = [{k: v for k, v in turn.items() if k != "meets"} for turn in part]
        else:
            for turn in part:
                ids = [call.pop("id", None) for call in turn["tool_calls"]]
        ordered += part
    return ordered


def _spoken_calls(text: str, is_call: bool, place: str) -> tuple[str, list[dict[str, Any]]]:
    """What is said beside the calls, and the calls that stand in the text."""
    if is_call and OPEN not in text:
        text = f"{OPEN}{text}{CLOSE}"
    answer = parse(text)
    if answer.malformed:
        raise UnusableData(
            f"{place}: a call must be {{'name', 'arguments'}} in JSON, "
            f"found {answer.malformed[0][:80]!r}"
        )
    calls = [
        {
            "function": {
                "name": call.name,
                "arguments": json.dumps(call.arguments, ensure_ascii=False),
            }
        }
        for call in answer.calls
    ]
    return answer.text if calls else text, calls


def _without_tools(
    messages: list[dict[str, Any]], place: str
) -> tuple[list[dict[str, Any]], list[Any]]:
    """The messages with a system turn that lists no tools, and the tools that it listed."""
    first = messages[0] if messages and messages[0]["role"] == "system" else None
    if first is None:
        return [{"role": "system", "content": SYSTEM_PROMPT}, *messages], []
    texts = [text for text in _LISTED.findall(first["content"]) if text.strip()]
    if not texts:
        return messages, []
    # The prompt of this dialect speaks of the tags, and a first pair of them may be empty words.
    return [{"role": "system", "content": SYSTEM_PROMPT}, *messages[1:]], _listed(texts[-1], place)


def _listed(text: str, place: str) -> list[Any]:
    decoder, tools, at = json.JSONDecoder(), [], 0
    text = text.strip()
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            tools += value if isinstance(value, list) else [value]
            at += len(text[at:]) - len(text[at:].lstrip(" \n\r\t,"))
    except ValueError as error:
        raise UnusableData(f"{place}: the listed tools are not JSON ({error})") from error
    return tools


def _as_functions(tools: Any, place: str) -> tuple[dict[str, Any], ...]:
    if isinstance(tools, str):
        tools = _listed(tools, place)
    if not isinstance(tools, list | tuple):
        raise UnusableData(f"{place}: 'tools' is not a list")
    wrapped = [
        tool if isinstance(tool, dict) and "function" in tool else _wrapped(tool, place)
        for tool in tools
    ]
    return tools if isinstance(tools, tuple) and list(tools) == wrapped else tuple(wrapped)


def _wrapped(tool: Any, place: str) -> dict[str, Any]:
    if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
        raise UnusableData(f"{place}: a tool without a name")
    return {"type": "function", "function": tool}
