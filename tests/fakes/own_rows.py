"""One conversation (question, call, result, answer) as the tools that people use write it."""

import json
from typing import Any

SCHEMA = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}
CLOCK = {"name": "clock", "description": "The time", "parameters": SCHEMA}
TOOL = {"type": "function", "function": CLOCK}
ASKED = {"role": "user", "content": "time in Asia/Tokyo?"}
SAID = {"role": "assistant", "content": "It is nine."}
CLAUDE = {"name": "clock", "description": "The time", "input_schema": SCHEMA}
HERMES = (
    "You are a function calling AI model. Function signatures are within <tools></tools> tags: "
    f"<tools> [{json.dumps(TOOL)}] </tools> Return calls within <tool_call></tool_call> tags."
)


def share_gpt(prompt: str, *turns: tuple[str, str], **keys: Any) -> dict[str, Any]:
    """Turns of ``from`` and ``value``."""
    pairs = [("system", prompt), *turns] if prompt else turns
    return {"conversations": [{"from": who, "value": text} for who, text in pairs], **keys}


def exported(arguments: dict[str, Any]) -> dict[str, Any]:
    """The conversation in each form, with these arguments in its call."""
    called = {"name": "clock", "arguments": arguments}
    as_text = json.dumps(called)
    tagged = f"<tool_call>\n{as_text}\n</tool_call>"
    call = {"name": "clock", "arguments": json.dumps(arguments)}
    calling = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": call}],
    }
    result = {"role": "tool", "tool_call_id": "c1", "content": "09:00"}
    response = "<tool_response>\n09:00\n</tool_response>"
    turns = [ASKED, calling, result, SAID]
    spoken = (("human", ASKED["content"]), ("gpt", tagged), ("tool", response))
    end = ("gpt", SAID["content"])
    flat = {**calling, "tool_calls": [{"type": "function", **called}]}
    columns = {"zone": None, "city": None, **arguments}
    padded = {"function": {"name": "clock", "arguments": columns}, "id": None}
    padding = {"function_call": None, "reasoning_content": None, "weight": None}
    return {
        "openai": {"messages": turns, "tools": [TOOL], "parallel_tool_calls": False},
        "openai with parts": {
            "messages": [
                *turns[:3],
                {"role": "assistant", "content": [{"type": "text", "text": "It is nine."}]},
            ],
            "tools": [TOOL],
        },
        "openai's older form": {
            "messages": [
                ASKED,
                {"role": "assistant", "content": None, "function_call": call},
                {"role": "function", "name": "clock", "content": "09:00"},
                SAID,
            ],
            "functions": [CLOCK],
        },
        "a logged completion": {
            "request": {"model": "m", "messages": turns[:3], "tools": [TOOL]},
            "response": {"choices": [{"message": SAID}]},
        },
        "a logged message of Anthropic's": {
            "request": {"messages": turns[:3], "tools": [CLAUDE]},
            "response": {"role": "assistant", "content": [{"type": "text", "text": "It is nine."}]},
        },
        "hermes": share_gpt(HERMES, *spoken, end),
        "hermes as Python prints it": share_gpt(
            HERMES, spoken[0], ("gpt", f"<tool_call>\n{called}\n</tool_call>"), spoken[2], end
        ),
        "hermes in messages": {
            "messages": [
                ASKED,
                {"role": "assistant", "content": tagged},
                {"role": "tool", "content": response},
                SAID,
            ],
            "tools": [TOOL],
        },
        "glaive": share_gpt(
            "",
            spoken[0],
            ("gpt", f"<functioncall> {{'name': 'clock', 'arguments': '{call['arguments']}'}}"),
            ("observation", "09:00"),
            end,
            tools=[CLOCK],
        ),
        "qwen": {
            "messages": [ASKED, calling, {"role": "user", "content": response}, SAID],
            "tools": [TOOL],
        },
        "llama-factory": share_gpt(
            "",
            spoken[0],
            ("function_call", as_text),
            ("observation", "09:00"),
            end,
            tools=json.dumps([CLOCK]),
            system="",
        ),
        "ms-swift": {
            "messages": [
                ASKED,
                {"role": "tool_call", "content": as_text},
                {"role": "tool_response", "content": "09:00"},
                SAID,
            ],
            "tools": json.dumps([TOOL]),
        },
        "trl": {"messages": [ASKED, flat, {**result, "name": "clock"}, SAID], "tools": [TOOL]},
        "trl's prompt and completion": {
            "prompt": [ASKED],
            "completion": turns[1:],
            "tools": [TOOL],
        },
        "openai's responses": {
            "input": [
                ASKED,
                {"type": "function_call", "call_id": "c1", **call},
                {"type": "function_call_output", "call_id": "c1", "output": "09:00"},
                {"type": "message", **SAID},
            ],
            "tools": [{"type": "function", **CLOCK}],
        },
        "nemotron": {
            "messages": [
                ASKED,
                {"role": "assistant", "content": f"<TOOLCALL>[{as_text}]</TOOLCALL>"},
                result,
                SAID,
            ],
            "tools": [json.dumps(CLOCK)],
        },
        "tools in a prompt's words": share_gpt(
            f"# Tools\nYou can invoke:\n[{json.dumps(CLOCK)}]. Put calls into the format [f(a=1)].",
            spoken[0],
            ("gpt", as_text),
            ("tool", "09:00"),
            end,
        ),
        "a server's tools": {
            "messages": turns,
            "tools": [
                {
                    "name": "clock",
                    "description": "The time",
                    "inputSchema": {**SCHEMA, "additionalProperties": False},
                    "annotations": {"readOnlyHint": True},
                }
            ],
        },
        "xlam's tools": {
            "messages": turns,
            "tools": json.dumps(
                [
                    {
                        "name": "clock",
                        "description": "The time",
                        "parameters": {"zone": {"type": "str"}},
                    }
                ]
            ),
        },
        "anthropic": {
            "messages": [
                ASKED,
                {
                    "role": "assistant",
                    "content": [
                        {"type": "tool_use", "id": "c1", "name": "clock", "input": arguments}
                    ],
                },
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "09:00"}],
                },
                {"role": "assistant", "content": [{"type": "text", "text": "It is nine."}]},
            ],
            "tools": [CLAUDE],
        },
        "gemini": {
            "contents": [
                {"role": "user", "parts": [{"text": ASKED["content"]}]},
                {
                    "role": "model",
                    "parts": [{"functionCall": {"name": "clock", "args": arguments}}],
                },
                {
                    "role": "function",
                    "parts": [{"functionResponse": {"name": "clock", "response": "09:00"}}],
                },
                {"role": "model", "parts": [{"text": "It is nine."}]},
            ],
            "tools": [
                {
                    "functionDeclarations": [
                        {
                            "name": "clock",
                            "description": "The time",
                            "parameters": {
                                "type": "OBJECT",
                                "properties": {"zone": {"type": "STRING"}},
                                "required": ["zone"],
                            },
                        }
                    ]
                }
            ],
        },
        "through Arrow": {
            "messages": [
                {**ASKED, **padding, "tool_calls": None},
                {**calling, **padding, "tool_calls": [padded]},
                {**result, **padding, "tool_calls": None},
                {**SAID, **padding, "tool_calls": []},
            ],
            "tools": [
                {
                    "type": "function",
                    "function": {
                        **CLOCK,
                        "parameters": {
                            **SCHEMA,
                            "properties": {"city": None, "zone": {"type": "string", "enum": None}},
                        },
                    },
                }
            ],
            "conversations": None,
            "system": None,
        },
        "parameters as text": {
            "messages": turns,
            "tools": [
                {"type": "function", "function": {**CLOCK, "parameters": json.dumps(SCHEMA)}}
            ],
        },
        "with a person's own keys": {
            "messages": turns,
            "tools": [TOOL],
            "scenario": "clocks",
            "split": "validation",
            "tool": "a watch",
            "missing": 7,
            "source": "crm",
            "message": "late",
            "level": "easy",
        },
    }
