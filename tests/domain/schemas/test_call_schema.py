"""What a call may be, as JSON Schema."""

import jsonschema_rs

from tasks.domain.schemas.call_schema import call_schema, name_schema

FUNCTION = {
    "function": {
        "name": "move",
        "parameters": {
            "type": "object",
            "properties": {"to": {"$ref": "#/$defs/place"}},
            "required": ["to"],
            "$defs": {"place": {"enum": ["here", "there"]}},
        },
    }
}


def test_a_calls_schema_takes_the_tools_name_and_arguments_and_nothing_else() -> None:
    takes = jsonschema_rs.validator_for(call_schema(FUNCTION)).is_valid
    assert takes({"name": "move", "arguments": {"to": "there"}})
    assert not takes({"name": "move", "arguments": {"to": "nowhere"}})
    assert not takes({"name": "move", "arguments": {"to": "there", "by": "bus"}})
    assert not takes({"name": "other", "arguments": {"to": "there"}})
    assert not takes({"name": "move", "arguments": {"to": "there"}, "id": 1})
    assert "$defs" in FUNCTION["function"]["parameters"], "the tool itself stays as it is"


def test_a_name_is_one_of_those_that_are_there() -> None:
    takes = jsonschema_rs.validator_for(name_schema(["move", "stay"])).is_valid
    assert takes({"name": "stay"})
    assert not takes({"name": "go"})
