"""What a chat template writes between the words of a conversation, learned by asking it.

A Modelfile says the same once more in Ollama's language, so each family's turns would otherwise be
written down twice. Here the template renders a conversation whose words are known, and what stands
between them is what the family writes. A template that cannot be told so is refused.
"""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from tasks.domain.conversations import Message, MessageCall
from tasks.domain.errors import UnusableModel
from tasks.domain.products import Turns
from tasks.domain.toolcalls import ToolCall, render

Render = Callable[[Sequence[Message], Sequence[dict[str, Any]], bool], str]
"""Messages, tools, whether the assistant is asked to speak: the text, without its first token."""

_SYSTEM = Message(role="system", content="Syzygy.")
_ASKED, _AGAIN = (Message(role="user", content=f"Query{n}?") for n in (1, 2))
_SAID, _ENDED = (Message(role="assistant", content=f"Reply{n}.") for n in (1, 2))
_GOT, _TOO = (Message(role="tool", content=f"Result{n}.") for n in (1, 2))
_CALLS = tuple(ToolCall(name=f"tool_{n}", arguments={"é": f"<{n}>", "n": [n]}) for n in (1, 2))
_CALLED = Message(role="assistant", tool_calls=(MessageCall.of(_CALLS[0]),))
_BOTH = Message(
    role="assistant", content="Both.", tool_calls=tuple(MessageCall.of(call) for call in _CALLS)
)
_TOOLS: tuple[dict[str, Any], ...] = tuple(
    {"type": "function", "function": {"name": f"tool_{n}", "parameters": {"type": "object"}}}
    for n in (1, 2)
)
_LEARNED = (_SYSTEM, _ASKED, _SAID, _AGAIN, _CALLED, _GOT, _TOO, _ENDED)
_INTERRUPTED = (_SYSTEM, _ASKED, _CALLED, _GOT, _AGAIN)
_TRIED = (
    _LEARNED[:2],
    _LEARNED[:4],
    _LEARNED[:7],
    _INTERRUPTED,
    (_SYSTEM, _ASKED, _BOTH, _GOT, _TOO, _ENDED, _AGAIN, _CALLED, _GOT, _ENDED, _AGAIN),
)


def read_turns(rendered: Render) -> Turns:
    """Learn the turns of a template, and hold them to what it renders.

    Raises:
        UnusableModel: what it writes between two turns depends on more than on who speaks.
    """
    with_tools = _between(rendered(_LEARNED, _TOOLS, False), [_SYSTEM, *_TOOLS, *_LEARNED[1:]])
    without = _between(rendered(_LEARNED, (), False), _LEARNED)
    interrupted = _between(rendered(_INTERRUPTED, (), False), _INTERRUPTED)
    asked, answered = (rendered(_LEARNED[:n], (), True) for n in (2, 7))
    turns = Turns(
        opening=without[0],
        tools=(with_tools[1], with_tools[2], with_tools[3]),
        no_tools=without[1],
        between=_by_roles(_LEARNED, without) | _by_roles(_INTERRUPTED, interrupted),
        prompt={
            "user": _between(asked, _LEARNED[:2])[-1],
            "tool": _between(answered, _LEARNED[:7])[-1],
        },
    )
    for talk in _TRIED:
        for tools in ((), _TOOLS[:1], _TOOLS):
            if written(turns, talk, tools) != rendered(talk, tools, True):
                raise UnusableModel("what it writes between turns depends on more than who speaks")
    return turns


def written(turns: Turns, talk: Sequence[Message], tools: Sequence[dict[str, Any]]) -> str:
    """A conversation that begins with system and user, up to where the assistant is to speak."""
    text = turns.opening + talk[0].content + listed(turns, tools) + _words(talk[1])
    for previous, message in pairwise(talk[1:]):
        text += turns.between[f"{previous.role} {message.role}"] + _words(message)
    return text + turns.prompt[talk[-1].role]


def listed(turns: Turns, tools: Sequence[dict[str, Any]]) -> str:
    """What stands between the system's words and the user's: the tools, where there are any."""
    before, each, after = turns.tools
    return f"{before}{each.join(map(_words, tools))}{after}" if tools else turns.no_tools


def _words(said: Message | dict[str, Any]) -> str:
    if isinstance(said, dict):
        return json.dumps(said, ensure_ascii=False)
    calls = [render(call.decoded()) for call in said.tool_calls]
    return "\n".join([*([said.content] if said.content else []), *calls])


def _between(text: str, said: Sequence[Message | dict[str, Any]]) -> list[str]:
    """The text before, between and behind the words of a conversation."""
    pieces = []
    for words in map(_words, said):
        before, found, text = text.partition(words)
        if not found:
            raise UnusableModel(f"it does not write {words!r} as it is")
        pieces.append(before)
    return [*pieces, text]


def _by_roles(talk: Sequence[Message], pieces: Sequence[str]) -> dict[str, str]:
    roles = pairwise(message.role for message in talk)
    return {f"{one} {other}": pieces[place] for place, (one, other) in enumerate(roles, 1)}
