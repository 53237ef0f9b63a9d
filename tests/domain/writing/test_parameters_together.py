"""What several parameters of a tool say of each other, and which of them nobody speaks of."""

import random
import re
from datetime import datetime, timedelta

from tasks.domain.writing.scenarios import askable
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker
from tests.fakes.toolsets import server
from tests.fakes.unknown_tools import COUNT, TEXT, drawn, said, tool_of


def test_a_range_begins_before_it_ends_and_is_no_longer_than_a_month() -> None:
    moment = {**TEXT, "format": "date-time"}
    ends = {"start_time": moment, "end_time": moment}
    both = {"type": "object", "properties": ends, "required": [*ends]}
    tool = tool_of("get_range", "Get", **ends, min=COUNT, max=COUNT, inner=both)
    maker = ArgumentMaker(tool, server())
    for seed in range(40):
        arguments = maker.make(random.Random(seed), DrawOptions("train"))
        assert arguments["min"] <= arguments["max"]
        for each in (arguments, arguments["inner"]):
            first, last = (datetime.fromisoformat(each[name]) for name in ends)
            assert timedelta(0) < last - first <= timedelta(days=31)


def test_an_actions_own_parameters_go_with_it_and_its_verb_is_said() -> None:
    action = {"enum": ["list", "create", "delete"]}
    build = {**TEXT, "description": "The build's id. Required for: delete."}
    stage = {**TEXT, "description": "Used for 'create' only"}
    tool = tool_of(
        "builds_write", "Builds", ("build_id", "stage"), action=action, build_id=build, stage=stage
    )
    maker = ArgumentMaker(tool, server())
    calls = [maker.make(random.Random(n), DrawOptions("train", 0.5)) for n in range(60)]
    by_action = {v: [each for each in calls if each["action"] == v] for v in action["enum"]}
    assert all("build_id" in each for each in by_action["delete"])
    assert not any("build_id" in each for each in by_action["list"])
    assert any("stage" in each for each in by_action["create"])
    assert not any("stage" in each for each in (*by_action["list"], *by_action["delete"]))
    assert re.search(r"(delete|remove|erase)\b", said(tool, action="delete", build_id="x-7"))
    assert "action" not in askable(maker)


def test_a_parameter_that_is_not_required_for_an_action_is_not_needed_there() -> None:
    action = {"enum": ["list", "create"]}
    page = {**TEXT, "description": "Not required for list."}
    tool = tool_of("notes", "Notes", ("page",), action=action, page=page)
    maker = ArgumentMaker(tool, server())
    calls = [maker.make(random.Random(n), DrawOptions("train", 0.0)) for n in range(20)]
    assert not any("page" in each for each in calls)


def test_one_of_several_is_given_and_never_two() -> None:
    optional = dict.fromkeys(("uid", "name", "amount_off", "percent_off"), TEXT)
    optional["amount_off"] = {**TEXT, "description": "Only one of amount_off or percent_off"}
    tool = tool_of("get", "Gets it. Provide either uid or name.", tuple(optional), **optional)
    maker = ArgumentMaker(tool, server())
    for seed in range(40):
        arguments = maker.make(random.Random(seed), DrawOptions("train", 0.5))
        assert arguments.keys() & {"uid", "name"}
        assert not {"amount_off", "percent_off"} <= arguments.keys()


def test_a_change_of_many_says_of_which() -> None:
    tool = tool_of("delete_many", "Deletes", ("filter", "limit"), filter=TEXT, limit=COUNT)
    assert all(drawn(tool, "filter", 0.0))


def test_what_nobody_says_is_not_given() -> None:
    prompt = {**TEXT, "description": "The original user prompt (for telemetry)"}
    tool = tool_of(
        "list",
        "",
        ("cursor", "user_prompt", "q", "x"),
        cursor=TEXT,
        user_prompt=prompt,
        q=TEXT,
        x={},
    )
    maker = ArgumentMaker(tool, server())
    calls = [maker.make(random.Random(n), DrawOptions("train", 0.9)) for n in range(40)]
    assert not {"cursor", "user_prompt"} & {name for each in calls for name in each}
    assert any("q" in each for each in calls)


def test_a_fallback_for_clients_is_not_drawn_where_the_form_is_told() -> None:
    page = {"type": "object", "properties": {"page_id": TEXT}, "required": ["page_id"]}
    tool = tool_of("move_page", "Moves", parent={"anyOf": [page, {"type": "string"}]})
    assert all(isinstance(parent, dict) for parent in drawn(tool, "parent"))


def test_of_types_that_are_as_good_the_usual_one_is_drawn() -> None:
    types = [{"type": "string", "format": "binary"}, {"type": "string"}, {"type": "integer"}]
    tool = tool_of("push", "Push a value", value={"anyOf": types})
    assert all(isinstance(value, str) for value in drawn(tool, "value"))
    assert ArgumentMaker(tool, server()).settled("value") == {"type": "string"}


def test_what_an_update_must_give_is_what_it_sets() -> None:
    age = {"type": "integer", "description": "Seconds after which it expires"}
    tool = tool_of("set_field", "Set a field", ("age",), field=TEXT, value=TEXT, age=age)
    words = said(tool, field="color", value="dark green", age=60)
    assert "set field color with" in words
    assert "set the age of" not in words


def test_a_name_is_said_of_the_thing_that_is_one_of_many() -> None:
    tool = tool_of("llen", "Get the length of a list", name=TEXT)
    assert "length of a list called jobs" in said(tool, name="jobs")
    stored = "Set the value of a field in a hash stored at key with an optional time"
    assert "stored at" not in said(tool_of("put", stored, name=TEXT), name="jobs")


def test_a_description_is_said_with_the_first_of_its_two_verbs() -> None:
    words = said(
        tool_of("lpop", "Remove and return the first item from a list", name=TEXT), name="x1"
    )
    assert "remove the first item from a list called x1" in words
    assert "list indexes" in said(tool_of("ftl", "List of indexes in the database"))


def test_what_is_set_is_not_changed_to_the_name_of_its_thing() -> None:
    words = said(tool_of("expire", "Set an expiration time for a key", name=TEXT), name="x1")
    assert "change an expiration time for a key called x1" in words
    assert "change an expiration time for a key to x1" not in words


def test_a_range_is_said_from_and_until() -> None:
    moment = {**TEXT, "description": "a time in ISO 8601"}
    tool = tool_of("list_events", "List events", timeMin=moment, timeMax=moment)
    words = said(tool, timeMin="2025-01-02T10:00:00Z", timeMax="2025-01-03T10:00:00Z")
    assert "from 2025-01-02t10:00:00z" in words
    assert "time min" not in words
