"""Rows of every kind with the right answers to them, and the report on answers."""

from typing import Any

from profiles import load_profile
from tasks.domain.conversations import Message, Row, Scenario
from tasks.domain.evaluation.scoring import (
    constant_call_texts,
    never_call_texts,
    percentiles,
    score,
)
from tasks.domain.products import BenchmarkReport
from tasks.domain.toolcalls import ToolCall, render

PROPERTIES = {
    "city": {"type": "string"},
    "days": {"type": "integer", "default": 1},
    "metric": {"type": "boolean", "default": True},
}


def function(name: str) -> dict[str, Any]:
    parameters = {
        "type": "object",
        "properties": PROPERTIES,
        "required": ["city"],
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = tuple(function(name) for name in ("get_forecast", "get_time", "get_tide", "get_alerts"))

THRESHOLDS = load_profile("balanced").thresholds


def calling(
    name: str = "get_forecast",
    scenario: Scenario = "standard",
    text: str = "How is Rome?",
    **arguments: Any,
) -> Row:
    call = ToolCall(name=name, arguments=arguments or {"city": "Rome"})
    messages = (Message(role="user", content=text), Message.assistant("", call))
    return Row(scenario=scenario, tool=name, messages=messages, tools=TOOLS)


def talking(scenario: Scenario = "no_tool", missing: str | None = None) -> Row:
    messages = (
        Message(role="user", content="Thanks!"),
        Message(role="assistant", content="Welcome!"),
    )
    return Row(scenario=scenario, missing=missing, messages=messages, tools=TOOLS)


def says(name: str = "get_forecast", **arguments: Any) -> str:
    return render(ToolCall(name=name, arguments=arguments))


ROWS = [
    calling("get_forecast", city="Rome"),
    calling("get_forecast", city="Rome"),
    calling("get_forecast", city="Oslo"),
    *(calling(name, city=city) for name in ("get_time", "get_tide") for city in ("Lima", "Bern")),
    calling("get_alerts", scenario="error", city="Atlantis"),
    *(talking() for _ in range(4)),
    talking("ambiguous", "city"),
]

RIGHT = [
    says(row.tool, **row.expected_call.arguments) if row.tool and row.expected_call else "Sure."
    for row in ROWS
]


def benchmark() -> BenchmarkReport:
    return BenchmarkReport(
        tuned=score(ROWS, RIGHT),
        base=score(ROWS, ["Hm."] * len(ROWS)),
        constant_call=score(ROWS, constant_call_texts(ROWS)),
        never_call=score(ROWS, never_call_texts(ROWS)),
        latency=percentiles([0.5, 0.7]),
        hand_written=score(ROWS[:1], RIGHT[:1]),
        examples=("How is Rome? | <tool_call>",),
    )
