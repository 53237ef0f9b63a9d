"""What a chat template writes between the words of a conversation, learned by asking it.

A Modelfile says the same once more in Ollama's language, so each family's turns would otherwise be
written down twice. Here the template renders a conversation whose words are known, and what stands
between them is what the family writes. A template that cannot be told so is refused.
"""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from tasks.domain.conversations import Message
from tasks.domain.errors import UnusableModel
from tasks.domain.products import Turns
from tasks.domain.toolcalls import ToolCall, render

Render = Callable[[Sequence[Message], Sequence[dict[str, Any]], bool], str]
"""Messages, tools, whether the assistant is asked to speak: the text, without its first token."""

_SYSTEM = Message(role="system", content="Syzygy.")
_QUESTION, _NEXT = (Message(role="user", content=f"Query{n}?") for n in (1, 2))
_REPLY, _CLOSING = (Message.assistant(f"Reply{n}.") for n in (1, 2))
_RESULT, _OTHER = (Message(role="tool", content=f"Result{n}.") for n in (1, 2))
_CALLS = tuple(ToolCall(name=f"tool_{n}", arguments={"é": f"<{n}>", "n": [n]}) for n in (1, 2))
_CALL = Message.assistant("", _CALLS[0])
_BOTH = Message.assistant("Both.", *_CALLS)
_TOOLS: tuple[dict[str, Any], ...] = tuple(
    {"type": "function", "function": {"name": f"tool_{n}", "parameters": {"type": "object"}}}
    for n in (1, 2)
)
_TALK = (_SYSTEM, _QUESTION, _REPLY, _NEXT, _CALL, _RESULT, _OTHER, _CLOSING)
_CUT_TALK = (_SYSTEM, _QUESTION, _CALL, _RESULT, _NEXT)
_TALKS = (
    _TALK[:2],
    _TALK[:4],
    _TALK[:7],
    _CUT_TALK,
    (*_TALK[:2], _BOTH, _RESULT, _OTHER, _CLOSING, _NEXT, _CALL, _RESULT, _CLOSING, _NEXT),
)


def read_turns(template: Render) -> Turns:
    """Learn the turns of a template, and hold them to what it renders.

    Raises:
        UnusableModel: what it writes between two turns depends on more than on who speaks.
    """
    with_tools = _between(template(_TALK, _TOOLS, False), [_SYSTEM, *_TOOLS, *_TALK[1:]])
    without = _between(template(_TALK, (), False), _TALK)
    cut_pieces = _between(template(_CUT_TALK, (), False), _CUT_TALK)
    question_text, result_text = (template(_TALK[:n], (), True) for n in (2, 7))
    turns = Turns(
        opening=without[0],
        tools=(with_tools[1], with_tools[2], with_tools[3]),
        no_tools=without[1],
        between=_by_roles(_TALK, without) | _by_roles(_CUT_TALK, cut_pieces),
        prompt={
            "user": _between(question_text, _TALK[:2])[-1],
            "tool": _between(result_text, _TALK[:7])[-1],
        },
    )
    for talk in _TALKS:
        for tools in ((), _TOOLS[:1], _TOOLS):
            if talk_text(turns, talk, tools) != template(talk, tools, True):
                raise UnusableModel("what it writes between turns depends on more than who speaks")
    return turns


def talk_text(turns: Turns, talk: Sequence[Message], tools: Sequence[dict[str, Any]]) -> str:
    """A conversation that begins with system and user, up to where the assistant is to speak."""
    text = turns.opening + talk[0].content + tools_text(turns, tools) + _words(talk[1])
    for previous, message in pairwise(talk[1:]):
        text += turns.between[f"{previous.role} {message.role}"] + _words(message)
    return text + turns.prompt[talk[-1].role]


def tools_text(turns: Turns, tools: Sequence[dict[str, Any]]) -> str:
    """What stands between the system's words and the user's: the tools, where there are any."""
    before, each, after = turns.tools
    return f"{before}{each.join(map(_words, tools))}{after}" if tools else turns.no_tools


def _words(message: Message | dict[str, Any]) -> str:
    if isinstance(message, dict):
        return json.dumps(message, ensure_ascii=False)
    calls = [render(call.decoded()) for call in message.tool_calls]
    return "\n".join([*([message.content] if message.content else []), *calls])


def _between(text: str, messages: Sequence[Message | dict[str, Any]]) -> list[str]:
    """The text before, between and behind the words of a conversation."""
    pieces = []
    for words in map(_words, messages):
        before, separator, text = text.partition(words)
        if not separator:
            raise UnusableModel(f"it does not write {words!r} as it is")
        pieces.append(before)
    return [*pieces, text]


def _by_roles(talk: Sequence[Message], pieces: Sequence[str]) -> dict[str, str]:
    roles = pairwise(message.role for message in talk)
    return {f"{one} {other}": pieces[place] for place, (one, other) in enumerate(roles, 1)}
