"""What a row's tool list tells of values, also where the list is of an older dialect or broken."""

from typing import Any

from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.known_values import kind, open_values


def _functions(**more: Any) -> tuple[dict[str, Any], ...]:
    properties = {"timezone": {"type": "string"}, **more.pop("properties", {})}
    schema = {"type": "object", "properties": properties, **more}
    return ({"type": "function", "function": {"name": "f", "parameters": schema}},)


PAIR = {"type": "array", "items": [{"type": "string"}, {"type": "integer"}]}
"""A tuple as draft-07 has it; rows do not say the dialect."""
CALL = ToolCall(name="f", arguments={"timezone": "Asia/Tokyo", "pair": ["a9", 70_001]})


def test_a_tuple_of_an_older_dialect_hides_nothing() -> None:
    functions = _functions(properties={"pair": PAIR})
    assert kind(functions, "f", "timezone") == "zone"
    assert ("f.pair", "70001") in open_values(functions, CALL)


def test_a_schema_that_is_none_tells_nothing() -> None:
    functions = _functions(allOf=7)
    assert kind(functions, "f", "timezone") == ""
    assert open_values(functions, CALL) == []
