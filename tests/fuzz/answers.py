"""What models say: calls, nearly calls, thoughts without end, and anything else."""

import json
from typing import Any

from hypothesis import strategies as st

from tasks.domain.conversations import Message, Row
from tasks.domain.evaluation.scoring import judge_answer, score
from tasks.domain.toolcalls import ToolCall, canonical, faults, parse, render
from tasks.domain.toollists import functions
from tests.fakes.toolsets import VERSIONS
from tests.fuzz.mutation import VALUES, scrambled

TOOLS = functions(VERSIONS)
NAMES = st.sampled_from([*(tool.name for tool in VERSIONS.tools), "no_such_tool", ""])
PIECES = (
    *(
        "<tool_call>",
        "</tool_call>",
        "<think>",
        "</think>",
        "<tool_call>\n" * 5000,
        "<think>" * 5000,
    ),
    *('{"name": "git_log", "arguments": {}}', '"arguments": {"max_count": ' + "9" * 5000 + "}}"),
    *(
        "NaN",
        "-Infinity",
        "1e999",
        '"\\ud800"',
        "null",
        "\n\n",
        " " * 9000,
        "\\u0000",
        "\\",
        "```json",
    ),
    *("[" * 30_000, '{"a":' * 5000, "I would call git_log.", "<|im_end|>", "{", "}", '"', ","),
)
CALLS = st.builds(
    lambda name, value, arguments: json.dumps({"name": name, "arguments": value or arguments}),
    NAMES,
    st.none() | VALUES,
    st.dictionaries(st.sampled_from(["repo_path", "max_count", "files", "x"]), VALUES, max_size=3),
)
RIGHT = st.builds(
    lambda calls: "\n".join(f"<tool_call>\n{call}\n</tool_call>" for call in calls),
    st.lists(CALLS, min_size=1, max_size=3),
)
ANSWERS = RIGHT | scrambled(RIGHT, PIECES) | st.lists(st.sampled_from(PIECES)).map("".join)
_ASKED = (Message(role="user", content="the last commits?"),)
_EXPECTED = ToolCall(name="git_log", arguments={"repo_path": "/srv", "max_count": 3})
_ROWS = (
    Row(
        scenario="no_tool",
        messages=(*_ASKED, Message(role="assistant", content="No.")),
        tools=TOOLS,
    ),
    Row.model_validate(
        {
            "scenario": "standard",
            "tool": "git_log",
            "tools": TOOLS,
            "messages": [
                *(message.model_dump() for message in _ASKED),
                {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            "function": {
                                "name": _EXPECTED.name,
                                "arguments": json.dumps(_EXPECTED.arguments),
                            }
                        }
                    ],
                },
            ],
        }
    ),
)


def check(text: str) -> str:
    """Parse an answer; what is taken for a call can be checked, compared, sent and rendered."""
    answer = parse(text)
    assert answer.attempts <= text.count("<tool_call>")
    for call in answer.calls:
        assert all("\n" not in fault for fault in faults(call, TOOLS))
        assert canonical(call, TOOLS)
        _check_sendable(call)
        assert parse(render(call)).calls in ((call,), ()), call
    for row in _ROWS:
        outcome = judge_answer(row, text)
        assert not (outcome.fits_schema and not answer.calls)
        assert score([row], [text]).finished.hits == 1
    if answer.malformed:
        return "malformed"
    return "calls" if answer.calls else "words"


def _check_sendable(call: Any) -> None:
    """JSON as other programs read it, in UTF-8."""
    json.dumps(call.arguments, allow_nan=False, ensure_ascii=False).encode()
