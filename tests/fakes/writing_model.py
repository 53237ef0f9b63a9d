"""Answers as a capable model would that writes a phrasebook for the tracker, and reads it.

What it writes is in ``tracker_phrases.toml``; it reads a text by the hand-written line that fits.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.fakes.endpoint import Reply
from tests.fakes.tracker import PHRASES, TRACKER

NOTHING: dict[str, Any] = {"calls": [], "missing": []}


def asked_for(body: dict[str, Any]) -> dict[str, Any]:
    """The JSON object of a question."""
    value: dict[str, Any] = json.loads(body["messages"][1]["content"])
    return value


def topic_of(body: dict[str, Any]) -> str:
    """What a question asks for."""
    asked, rules = asked_for(body), body["messages"][0]["content"]
    if "theme" in asked:
        return "chat" if "need no call" in rules else "unsupported"
    if "tools" in asked and isinstance(asked["requests"], list):
        return "reading"
    if "tools" in asked:
        return "sequential" if "takes a value from the first" in rules else "parallel"
    return "material" if "values_each" in asked else "requests"


def given(pairs: dict[str, Any]) -> list[dict[str, Any]]:
    """Arguments as an answer lists them."""
    return [{"parameter": name, "value": value} for name, value in pairs.items()]


def fixed_of(text: str) -> dict[str, Any]:
    """``status=open archived=true`` as arguments."""
    pairs = dict(part.split("=", 1) for part in text.split())
    words = {"true": True, "false": False}
    return {name: words.get(value, value) for name, value in pairs.items()}


def parts(line: str) -> list[str]:
    """The parts of a hand-written line."""
    return [part.strip() for part in line.split(" | ")]


def requests_of(tool: str) -> dict[str, Any]:
    """The requests of a tool, and those that lack a value."""
    phrases = PHRASES[tool]
    requests = []
    for line in phrases["requests"]:
        text, *fixed = parts(line)
        requests.append({"text": text, "fixed": given(fixed_of(" ".join(fixed)))})
    clarifying = []
    for line in phrases["clarify"]:
        text, missing, question, answer, *fixed = parts(line)
        clarifying.append(
            {
                "text": text,
                "missing": missing.split(", "),
                "question": question,
                "answer": answer,
                "fixed": given(fixed_of(" ".join(fixed))),
            }
        )
    return {"requests": requests, "clarifying": clarifying}


def material_of(tool: str, names: list[str]) -> dict[str, Any]:
    """Values of a tool's parameters, and what the server prints."""
    values = [{"parameter": name, "values": PHRASES["values"][name]} for name in names]
    results = [
        {"text": text, "answer": answer, "error": error}
        for key, error in (("results", False), ("errors", True))
        for text, answer in (line.split(" -> ") for line in PHRASES[tool][key])
    ]
    return {"values": values, "results": results}


def call_of(text: str) -> dict[str, Any]:
    """``close_task task_id={a}`` as a call; ``<id>`` is taken from the result before."""
    tool, *pairs = text.split()
    arguments: dict[str, Any] = fixed_of(" ".join(pairs))
    for name, value in arguments.items():
        if str(value).startswith("<"):
            arguments[name] = {"result": value[1:-1]}
    return {"tool": tool, "arguments": given(arguments)}


def several(order: str) -> dict[str, Any]:
    """Requests of several calls."""
    lines = [parts(line) for line in PHRASES["list"][order]]
    return {"requests": [{"text": text, "calls": [*map(call_of, calls)]} for text, *calls in lines]}


def replies(topic: str, number: int, count: int) -> dict[str, Any]:
    """A part of the requests without a call: each theme gets its own."""
    lines = PHRASES["list"][topic][number::count]
    return {
        "requests": [
            {"text": text, "reply": reply} for text, reply in (line.split(" -> ") for line in lines)
        ]
    }


def written(body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question."""
    asked, topic = asked_for(body), topic_of(body)
    match topic:
        case "requests":
            return requests_of(asked["tool"]["name"])
        case "material":
            return material_of(asked["tool"]["name"], asked["parameters"])
        case "parallel" | "sequential":
            return several(topic)
        case "unsupported":
            themes = ("same field", "other services", "commands")
            return replies(topic, next(n for n, t in enumerate(themes) if t in asked["theme"]), 3)
        case "chat":
            return replies(topic, int("small talk" in asked["theme"]), 2)
    return readings(asked["requests"])


def readings(requests: list[dict[str, Any]]) -> dict[str, Any]:
    """How each numbered request is understood."""
    return {
        "readings": [
            {"number": request["number"], **understood(request["text"])} for request in requests
        ]
    }


def understood(text: str) -> dict[str, Any]:
    """The calls of the line that a text fits, the one with the most words of its own first."""
    for pattern, label in LABELS:
        found = pattern.fullmatch(text)
        if found:
            return label(found.groupdict())
    return NOTHING


Label = Callable[[dict[str, str]], dict[str, Any]]


def pattern_of(text: str, parameters: dict[str, str]) -> str:
    """A text as a pattern, one group for each slot: what its parameter's values look like."""
    pieces = re.split(r"\{(\w+)\}", text)
    return "".join(
        f"(?P<{piece}>{looks_of(parameters.get(piece, piece))})" if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )


def looks_of(parameter: str) -> str:
    """A pattern for the values of a parameter."""
    values = PHRASES["values"].get(parameter)
    return "|".join(map(re.escape, values)) if values else r"\d+"


def labels() -> Iterator[tuple[str, Label]]:
    """Each hand-written text as a pattern, and what it means."""
    for tool in TRACKER.tools:
        phrases = requests_of(tool.name)
        for request in (*phrases["requests"], *phrases["clarifying"]):
            yield pattern_of(request["text"], {}), one_call(tool.name, request)
    for order in ("parallel", "sequential"):
        for request in several(order)["requests"]:
            named = {
                str(argument["value"]).strip("{}"): argument["parameter"]
                for call in request["calls"]
                for argument in call["arguments"]
            }
            yield pattern_of(request["text"], named), all_calls(request["calls"])


def one_call(tool: str, request: dict[str, Any]) -> Label:
    """The call of a request of one tool."""

    def label(values: dict[str, str]) -> dict[str, Any]:
        arguments = [*request["fixed"], *given(values)]
        call = {"tool": tool, "arguments": arguments}
        return {"calls": [call], "missing": request.get("missing", [])}

    return label


def all_calls(calls: list[dict[str, Any]]) -> Label:
    """The calls of a request of several."""

    def label(values: dict[str, str]) -> dict[str, Any]:
        text = json.dumps(calls)
        for name, value in values.items():
            text = text.replace(f'"{{{name}}}"', json.dumps(value))
        return {"calls": json.loads(text), "missing": []}

    return label


LABELS = [
    (re.compile(pattern), label)
    for pattern, label in sorted(
        labels(), key=lambda pair: -len(re.sub(r"\(\?P<[^)]*\)", "", pair[0]))
    )
]


def capable(body: dict[str, Any], _: int = 0) -> Reply:
    """A model that answers every question as it should."""
    return Reply(content=json.dumps(written(body), ensure_ascii=False))
