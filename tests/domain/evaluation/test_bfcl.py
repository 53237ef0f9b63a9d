"""tasks/domain/evaluation/bfcl.py: the leaderboard's functions as JSON Schema, and its sample."""

import pytest

from tasks.domain.errors import UnusableData
from tasks.domain.evaluation.bfcl import CATEGORIES, Category, sampled, tool_of
from tasks.domain.schemas.validation import validator
from tasks.external.bfcl_package import questions
from tests.fakes.bfcl import FERRY, ROUTE, need_the_package, question

SIZES = {"simple_python": 400, "multiple": 200, "parallel": 200, "irrelevance": 240}
JSON_TYPES = {"object", "number", "array", "string", "integer", "boolean", None}


def test_a_function_becomes_a_tool_with_the_types_of_json_schema() -> None:
    tool = tool_of(FERRY)
    assert tool["type"] == "function"
    assert tool["function"]["name"] == "ferry.book"
    schema = tool["function"]["parameters"]
    assert (schema["type"], schema["required"]) == ("object", ["route", "passengers"])
    parameters = schema["properties"]
    assert parameters["route"] == {
        "type": "array",
        "description": "The two harbours.",
        "items": {"type": "string"},
    }
    assert parameters["fare"] == {"type": "number", "description": "At most, in euros."}
    assert parameters["passengers"]["default"] == 1
    inner = parameters["vehicles"]["items"]
    assert inner == {
        "type": "object",
        "required": ["length"],
        "properties": {"length": {"type": "number"}, "note": {}},
    }


def test_the_translated_schema_takes_what_the_function_takes() -> None:
    check = validator(tool_of(FERRY)["function"]["parameters"])
    assert check.is_valid({"route": ROUTE, "passengers": 2, "fare": 1.5})
    assert check.is_valid({"route": ROUTE, "passengers": 2, "vehicles": [{"length": 4, "note": 1}]})
    assert not check.is_valid({"route": "Kiel", "passengers": 2})
    assert not check.is_valid({"passengers": 2})


def test_a_type_that_is_not_known_is_refused_with_its_place() -> None:
    function = {"name": "f", "parameters": {"type": "dict", "properties": {"x": {"type": "long"}}}}
    with pytest.raises(UnusableData, match=r"f\.x: type 'long'; needed one of any, array, "):
        tool_of(function)


def test_a_prompt_has_our_system_turn_and_the_question() -> None:
    system, user = question().prompt
    assert (system.role, user.role) == ("system", "user")
    assert user.content.startswith("Book the ferry")


def test_the_seed_chooses_which_questions_are_asked() -> None:
    numbers = list(range(100))
    one, same, other = (sampled(numbers, 10, seed) for seed in (1, 1, 2))
    assert one == same != other
    assert one == sorted(one)
    assert len(set(one)) == 10
    assert sampled(numbers, 500, 1) == numbers


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_function_of_the_leaderboard_becomes_a_schema_that_can_be_checked(
    category: Category,
) -> None:
    need_the_package()
    found = questions(category)
    assert len(found) == SIZES[category]
    assert all(bool(one.ground_truth) == (category != "irrelevance") for one in found)
    for one in found:
        for tool in one.listed:
            schema = tool["function"]["parameters"]
            validator(schema)
            assert schema["type"] == "object"
            kinds = {inner.get("type") for inner in schema["properties"].values()}
            assert kinds <= JSON_TYPES
