"""Turns as people's files have them → turns in one form: who, what, calls, what is learned."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Literal

from tasks.domain.errors import UnusableData
from tasks.domain.writing.own.bare_calls import bare_calls
from tasks.domain.writing.own.calls import OwnCall, calls_of, excerpt, spoken_calls
from tasks.domain.writing.own.own_turn import OwnTurn
from tasks.domain.writing.own.parts import (
    CALL_LISTS,
    IDS,
    NAMES,
    Parts,
    has_results,
    is_padding,
    parts_of,
    results_of,
    thought_in,
)

_CALLING = ("function_call", "tool_call", "tool_calls")
"""Roles whose words are the call itself."""
_ROLES: dict[str, Literal["system", "user", "assistant", "tool"]] = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("human", "user"), "user"),
    **dict.fromkeys(("ai", "gpt", "chatgpt", "bot", "assistant", "model"), "assistant"),
    **dict.fromkeys((*_CALLING, "reasoning"), "assistant"),
    **dict.fromkeys(("tool", "function", "observation", "environment", "ipython"), "tool"),
    **dict.fromkeys(("function_response", "function_call_output"), "tool"),
    **dict.fromkeys(("tool_response", "tool_result"), "tool"),
}
_TEXT_KEYS = ("content", "value", "parts", "output", "text")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
_WEIGHTS = ("weight", "loss_scale")
_SWITCHES = ("loss", "train", "training")
_PARTIAL = "train_detail"
_BESIDE = "additional_kwargs"
"""Where older exports of LangChain have calls."""
_ARGUMENTS = {"args", "arguments", "input"}
"""What an object has that is a call, whoever's form it is."""
_ABOUT = {"role", "from", "type", *NAMES, *IDS, *_THOUGHTS, *_WEIGHTS, *_SWITCHES, *CALL_LISTS}
"""What a turn without words may say."""
_KEYS = {*_ABOUT, *_TEXT_KEYS, *_ARGUMENTS, "refusal", "summary", "channel", "recipient"}


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
    *others, last = turns
    words = [key for key in _TEXT_KEYS if message.get(key)]
    others_words = {key for key in words[1:] if message[key] != message[words[0]]}
    unknown = {*CALL_LISTS, *others_words} if last.role != "assistant" else others_words
    unread = [
        key
        for key, value in message.items()
        if (key not in _KEYS or key in unknown) and value and not is_padding(key, value)
    ]
    changes = tuple(f"turns have {key[:40]!r}, which is not read" for key in unread)
    return [*others, replace(last, changes=last.changes + changes)]


def _turns(message: dict[str, Any]) -> Iterator[OwnTurn]:
    """A turn as turns of ours; results that stand in it come first."""
    role_text = message.get("role") or message.get("from") or message.get("type")
    if role_text is None:
        raise UnusableData(f"none of role, from and type says whose it is: {excerpt(message)}")
    name = str(role_text).lower().replace("-", "_")
    role = _ROLES.get(name)
    if role is None:
        raise UnusableData(f"a turn of {excerpt(role_text)}; known: {', '.join(_ROLES)}")
    message = {key: part for key, part in message.items() if not is_padding(key, part)}
    content = _content(message, role, name)
    if role == "tool" and not has_results(content):
        yield from results_of(content, message)
        return
    is_call = name in _CALLING
    if name == "reasoning" or (role, message.get("channel")) == ("assistant", "analysis"):
        yield OwnTurn("assistant", thought=thought_in(message), is_learned=_is_learned(message))
        return
    parts = parts_of(content, is_call)
    yield from parts.results
    if role == "assistant":
        yield _answer(message, is_call, parts)
    elif parts.calls or parts.thought:
        raise UnusableData(f"found a call or a thought of the {role}'s, needed text")
    elif parts.text or not parts.results:
        yield OwnTurn(role, parts.text, changes=parts.changes)


def _content(message: dict[str, Any], role: str, name: str) -> Any:
    """What a turn says; empty where it only calls."""
    key = next((key for key in _TEXT_KEYS if key in message), None)
    is_said_elsewhere = name in (*_CALLING, "reasoning") or {*CALL_LISTS, "refusal"} & {*message}
    says_else = role == "assistant" and is_said_elsewhere
    others = [one for one in message if message[one] and one not in _ABOUT]
    if key is None and not says_else and others:
        raise UnusableData(
            f"its words stand under none of {', '.join(_TEXT_KEYS)}; found "
            f"{excerpt(', '.join(others))}"
        )
    return message[key] if key is not None else ""


def _answer(message: dict[str, Any], is_call: bool, parts: Parts) -> OwnTurn:
    """A turn of the assistant's."""
    calls = _all_calls(message, parts.calls)
    thought, text = _split_thought(parts.text)
    text = text or str(message.get("refusal") or "")
    if not calls and is_call:
        calls = spoken_calls(text)[1] or calls_of(text or message)
        text = ""
        if not calls:
            raise UnusableData("its list of calls is empty, needed at least one")
    elif not calls:
        text, calls = _said_and_called(text)
    if not calls:
        _check_no_calls_elsewhere(message)
    beside = [thought_in(message[key]) for key in _THOUGHTS if message.get(key)]
    thoughts = [one.strip() for one in (*beside[:1], parts.thought, thought) if one.strip()]
    if any("<think>" in one or "</think>" in one for one in (text, *thoughts)):
        raise UnusableData(
            f"found <think> or </think> inside {excerpt(parts.text)}, needed one thought in front "
            "of the answer, or none"
        )
    thought = "\n".join(dict.fromkeys(thoughts))
    return OwnTurn("assistant", text, thought, calls, _is_learned(message), changes=parts.changes)


def _all_calls(message: dict[str, Any], calls: tuple[OwnCall, ...]) -> tuple[OwnCall, ...]:
    """The calls of a turn's content and of each of its lists, those that stand twice once."""
    beside = message.get(_BESIDE)
    holders = (message, beside if isinstance(beside, dict) else {})
    for listed in (one[key] for one in holders for key in CALL_LISTS if one.get(key)):
        calls += tuple(call for call in calls_of(listed) if not _is_among(call, calls))
    return calls


def _check_no_calls_elsewhere(message: dict[str, Any]) -> None:
    """Make sure that an answer does not call under a key that is not read, or a ``recipient``."""
    keys = [key for key, value in message.items() if key not in _KEYS and _holds_arguments(value)]
    keys += ["recipient"] * (message.get("recipient") not in (None, "", "all"))
    if keys:
        raise UnusableData(f"its calls stand under {keys[0]!r}, needed 'tool_calls'")


def _holds_arguments(value: Any) -> bool:
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(part, dict) and _ARGUMENTS & part.keys() for part in parts)


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
    before, mark, rest = text.partition("</think>")
    thought = before.lstrip().removeprefix("<think>")
    return (thought, rest.lstrip()) if mark and "<think>" not in thought else ("", text)


def _is_learned(message: dict[str, Any]) -> bool:
    """Whether the loss sees an answer, as OpenAI, axolotl and ms-swift say it."""
    if message.get(_PARTIAL):
        raise UnusableData(f"found {_PARTIAL!r}: an answer is learned as a whole, or not at all")
    weights = [message[key] for key in (*_WEIGHTS, *_SWITCHES) if message.get(key) is not None]
    other = next((weight for weight in weights if weight not in (0, 1)), None)
    if other is not None:
        raise UnusableData(f"its weight is {excerpt(other)}, needed 0 or 1")
    return 0 not in weights  # which False equals
