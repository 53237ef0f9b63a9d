"""Tool lists in the shapes that public servers have: what is written for each of them is right."""

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from profiles import Server
from tasks.domain.conversations import Row
from tasks.domain.errors import UnusableTool
from tasks.domain.products import Toolset
from tasks.domain.toolcalls import ToolCall, faults
from tasks.domain.toollists import functions, toolset_from_value
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.simulation import simulate
from tasks.domain.writing.usable_tools import with_usable_tools
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker
from tests.fakes.toolsets import data

LISTS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fakes" / "tool_lists.json").read_text(encoding="utf-8")
)
SHOWING = re.compile(
    r"(please |can you |could you )*(show|see (?!to)|view|display|check|print)", re.I
)


def read(name: str, *include: str, strict: bool = False) -> Toolset:
    """One of the lists, with the tools that can be used."""
    server = Server(name=name, tools_file=name, include_tools=include, strict=strict)
    listed = toolset_from_value(LISTS[name], name, include, strict=strict)
    return with_usable_tools(listed, server)


@cache
def rows(name: str) -> tuple[Row, ...]:
    """Rows for one of the lists; all with the list as it is."""
    toolset = read(name)
    server = Server(name=name, tools_file=name)
    written = write_rows(
        toolset,
        server,
        data(240).model_copy(update={"list_augmentation_share": 0.0}),
        lambda call: simulate(toolset.tool(call.name), call, 1),
    )
    return (*written.train, *written.heldout)


def calls(name: str, tool: str) -> list[dict[str, Any]]:
    """The arguments of all calls of a tool."""
    return [c.arguments for row in rows(name) for c in row.calls if c.name == tool]


def asked(name: str, tool: str) -> Iterator[str]:
    """What users say to get one call of a tool."""
    for row in rows(name):
        if [call.name for call in row.calls] == [tool]:
            yield next(m.content for m in row.messages if m.role == "user")


def questions(name: str) -> set[str]:
    """What is asked back."""
    return {row.messages[-1].content for row in rows(name) if row.scenario == "ambiguous"}


@pytest.mark.parametrize("name", LISTS)
def test_every_call_is_valid_and_says_no_double_blank(name: str) -> None:
    known = functions(read(name))
    for row in rows(name):
        for call in row.calls:
            assert faults(ToolCall(name=call.name, arguments=call.arguments), known) == []
        assert not re.search(r"\S  +\S", row.messages[1].content)


@pytest.mark.parametrize(
    ("name", "tool", "verb"),
    [
        ("noun-first", "orders_refund", "refund"),
        ("noun-first", "users_ban", "bann?"),
        ("dotted-names", "calendar.respondToEvent", "respond"),
        ("dotted-names", "user-profile/update", "update|change|edit|modify|set"),
        ("one-noun", "note_delete", "delet|remov|eras|rid of"),
        ("one-noun", "note_pin", "pin"),
        ("openai-no-parameters", "task_complete", "complet"),
    ],
)
def test_a_verb_is_found_wherever_a_name_has_it(name: str, tool: str, verb: str) -> None:
    texts = list(asked(name, tool))
    said = [text for text in texts if re.search(verb, text, re.IGNORECASE)]
    assert len(said) > 0.85 * len(texts) > 0  # the others have a slip of typing in it
    assert not any(SHOWING.match(text) for text in texts)


@pytest.mark.parametrize("tool", ["найти_заказ", "отменить_заказ"])
def test_a_name_in_another_script_is_said_whole(tool: str) -> None:
    texts = list(asked("cyrillic", tool))
    assert texts
    spoken = " ".join(tool.split("_"))
    assert all(tool in text or spoken in text.casefold() for text in texts)


def test_a_quoted_name_of_a_tool_is_no_value() -> None:
    slugs = {call["organizationSlug"] for call in calls("quoted-not-example", "find_projects")}
    assert len(slugs) > 20
    assert not any("find_organizations" in slug for slug in slugs)


def test_a_parameter_that_only_holds_others_is_never_spoken_of() -> None:
    for name in ("wrapped-query", "cli-flags"):
        for row in rows(name):
            said = " ".join(m.content for m in row.messages if m.role == "user")
            assert not re.search(r"query model|\bflags\b|nothing in it", said), said
        assert not any("model" in text or "flags" in text for text in questions(name))
    texts = list(asked("cli-flags", "shop_orders_list"))
    assert any("store id" in text for text in texts)
    assert {} in [call["query_model"] for call in calls("wrapped-query", "list_schedules")]


def test_nothing_is_asked_that_another_tool_does_without() -> None:
    assert not any("namespace" in text for text in questions("list-twins"))
    assert any("Which order" in text for text in questions("noun-first"))


def test_a_type_is_taken_from_the_default_and_the_description() -> None:
    published = calls("typeless-boolean", "publish_page")
    kinds = {"draft": bool, "retries": int, "tags": list}
    for name, kind in kinds.items():
        values = [call[name] for call in published if name in call]
        assert values
        assert {type(value) for value in values} == {kind}
    written = calls("typeless", "write_repo_file")
    assert {type(call["private"]) for call in written if "private" in call} == {bool}


def test_a_moment_and_a_short_period_are_written_where_the_description_wants_them() -> None:
    queries = calls("date-by-description", "query_logs")
    for name in ("start", "end"):
        values = [call[name] for call in queries if name in call]
        assert values
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", value) for value in values)
    periods = [call["period"] for call in queries if "period" in call]
    assert periods
    assert all(len(period) <= 3 for period in periods)


def test_a_models_control_token_is_no_value() -> None:
    templates = [call["template"] for call in calls("special-tokens", "render_chat")]
    assert templates
    assert not any("<|" in template for template in templates)


@pytest.mark.parametrize("name", ["slug-minlength", "slug-minlength-optional"])
def test_a_pattern_and_a_length_hold_together(name: str) -> None:
    parameter, least = ("slug", 8) if name == "slug-minlength" else ("handle", 6)
    (tool,) = read(name).tools
    values = {call[parameter] for call in calls(name, tool.name) if parameter in call}
    assert len(values) > 10
    assert all(len(value) >= least for value in values)


def test_a_small_range_is_drawn_from_over_its_powers_of_ten() -> None:
    rates = {call["learning_rate"] for call in calls("small-range", "start_training")}
    assert all(1e-5 <= rate <= 1e-3 for rate in rates)
    assert min(rates) < 1e-4 < max(rates)


def test_exactly_one_of_two_parameters_is_given() -> None:
    given = {tuple(call) for call in calls("exactly-one-of", "find_people")}
    assert given == {("by_email",), ("by_phone",)}


def test_a_condition_is_followed() -> None:
    shapes = calls("if-then", "create_shape")
    assert {shape["kind"] for shape in shapes} == {"circle", "rect"}
    assert all("radius" in shape for shape in shapes if shape["kind"] == "circle")


def test_an_optional_parameter_that_nothing_can_be_written_for_is_left_out_with_a_note() -> None:
    toolset = read("pattern-lookahead-optional")
    assert toolset.notes[0].startswith("add_account: password is never given: password: ")
    assert not any(
        "password" in call for call in calls("pattern-lookahead-optional", "add_account")
    )
    with pytest.raises(UnusableTool, match="password is never given"):
        read("pattern-lookahead-optional", strict=True)


NEWEST = ("draft/2020-12/schema",)
HARD = {
    "tools": [
        {"name": "read_note", "inputSchema": {"type": "object"}},
        {
            "name": "set_code",
            "inputSchema": {
                "type": "object",
                "properties": {"code": {"type": "string", "pattern": "^(?=.*[A-Z]).{8,}$"}},
                "required": ["code"],
            },
        },
        {"name": "odd", "inputSchema": {"type": "object", "required": "city"}},
    ]
}  # fmt: skip


def test_a_tool_whose_required_parameter_cannot_be_written_is_left_out_with_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(LISTS, "hard", HARD)
    toolset = read("hard")
    assert [tool.name for tool in toolset.tools] == ["read_note"]
    odd, code = toolset.notes
    assert odd.startswith("left out: hard: tool 3 'odd': not a valid JSON Schema: required: ")
    assert code.startswith("left out: set_code: code: ")
    with pytest.raises(UnusableTool, match="'odd'"):
        read("hard", strict=True)
    with pytest.raises(UnusableTool, match="set_code"):
        read("hard", "set_code")
    assert [tool.name for tool in read("hard", "read_note").tools] == ["read_note"]
    assert read("hard", "read_note").notes == ()


def test_the_last_usable_tool_is_not_left_out_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LISTS, "hard", {"tools": HARD["tools"][1:]})
    with pytest.raises(UnusableTool, match="set_code"):
        read("hard")


@pytest.mark.parametrize(
    "dialect",
    ["draft-04/schema#", "draft-06/schema#", "draft-07/schema", "draft/2019-09/schema", *NEWEST],
)
def test_every_dialect_that_a_schema_names_is_read(dialect: str) -> None:
    newest = "2020" in dialect
    pair = [{"type": "string"}, {"type": "integer"}]
    bounds = (
        {"minimum": 0, "exclusiveMinimum": True} if "04" in dialect else {"exclusiveMinimum": 0}
    )
    schema = {
        "$schema": f"http://json-schema.org/{dialect}",
        "type": "object",
        "properties": {
            "pair": {"type": "array", "prefixItems" if newest else "items": pair, "minItems": 2},
            "ttl": {"type": "integer", **bounds, "maximum": 1},
        },
        "required": ["pair", "ttl"],
    }
    (tool,) = toolset_from_value([{"name": "a", "inputSchema": schema}], "w").tools
    maker = ArgumentMaker(tool, Server(name="w", tools_file="w"))
    assert maker.fault({"pair": ["a", 1], "ttl": 1}) == ""
    assert maker.fault({"pair": ["a", "b"], "ttl": 1})
    assert maker.fault({"pair": ["a", 1], "ttl": 0})


def test_geminis_declarations_are_read_as_json_schema() -> None:
    (tool,) = read("gemini").tools
    assert tool.input_schema["properties"]["brightness"]["type"] == "integer"


@pytest.mark.parametrize(
    ("parameter", "form"),
    [
        ({"format": "email", "maxLength": 8}, r"\w@\w\w\.io"),
        ({"format": "hostname", "maxLength": 6}, r"\w\w\.io"),
        ({"format": "uri", "maxLength": 12}, r"http://\w\w\.io"),
        ({"pattern": r"^s3://"}, r"s3://[a-z]+"),
        ({"pattern": r"^[^\s/]+/[^\s/]+$"}, r"\w+/\w+"),
        ({"pattern": "^[0-9]{3}"}, r"[0-9]{3}[a-z]+"),
    ],
)
def test_a_text_has_its_form_and_its_length_and_reads_like_one(
    parameter: dict[str, Any], form: str
) -> None:
    schema = {"type": "object", "properties": {"a": parameter}, "required": ["a"]}
    (tool,) = toolset_from_value([{"name": "f", "inputSchema": schema}], "w").tools
    maker = ArgumentMaker(tool, Server(name="w", tools_file="w"))
    values = {maker.make(random.Random(n), DrawOptions())["a"] for n in range(12)}
    assert len(values) > 3
    assert all(re.fullmatch(form, value) for value in values), values
