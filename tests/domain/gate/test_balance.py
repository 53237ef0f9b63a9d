"""The gate sees when one tool, phrasing or value is too frequent, and what held-out rows repeat."""

from typing import Any

from profiles import load_profile
from tasks.domain.conversations import Message, Row
from tasks.domain.gate.balance import ENOUGH, Balance
from tasks.domain.gate.row_rules import unsaid
from tasks.domain.products import Finding
from tasks.domain.toolcalls import ToolCall

LIMITS = load_profile("balanced").quality


def tool(name: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = (
    tool("book", city={"type": "string"}, kind={"enum": ["bus", "train"]}),
    tool("rate", stars={"type": "number", "default": 5}, note={"description": "'fine' if unsaid"}),
)


def row(name: str, text: str = "hi", phrasing: str = "", **arguments: Any) -> Row:
    call = ToolCall(name=name, arguments=arguments)
    messages = (Message(role="user", content=text), Message.assistant("", call))
    return Row(scenario="standard", tool=name, phrasing=phrasing, messages=messages, tools=TOOLS)


def finding(rule: str, train: list[Row], heldout: list[Row] | None = None) -> Finding:
    balance = Balance()
    for one in train:
        balance.train(one, list(one.calls))
    for number, one in enumerate(heldout or [], 1):
        balance.heldout(one, f"heldout:{number}", list(one.calls))
    (found,) = [found for found in balance.findings(LIMITS) if found.rule == rule]
    return found


def towns(count: int, phrasing: str = "") -> list[Row]:
    return [row("book", phrasing=phrasing, city=f"town {n}") for n in range(count)]


def test_a_tool_with_nearly_all_rows_is_named() -> None:
    limits = LIMITS.model_copy(update={"max_tool_imbalance": 1.5})
    balance = Balance()
    for one in [*towns(9), row("rate", stars=1)]:
        balance.train(one, list(one.calls))
    (found,) = [one for one in balance.findings(limits) if one.rule == "balance of tools"]
    assert not found.passed
    assert found.example == "book 9 of 10"
    assert finding(
        "balance of tools", [*towns(5), *[row("rate", stars=n) for n in range(5)]]
    ).passed


def test_one_sentence_with_many_values_is_named_by_its_family() -> None:
    mixed = [*towns(10, "please"), *[one for n in range(30) for one in towns(1, f"family {n}")]]
    assert finding("balance of phrasings", mixed).passed
    found = finding("balance of phrasings", [*towns(40, "please"), *mixed])
    assert not found.passed
    assert (found.example, found.count) == ("please", 50)


def test_a_value_in_most_calls_of_an_open_parameter_is_named() -> None:
    many = [*towns(ENOUGH), *[row("book", city="Rome")] * ENOUGH * 2]
    found = finding("balance of values", many)
    assert not found.passed
    assert found.example == 'book.city is "Rome" in 48 of 72 calls'
    assert finding("balance of values", towns(ENOUGH)).passed


def test_a_choice_between_two_words_need_not_be_even() -> None:
    rows = [row("book", city=f"town {n}", kind="bus") for n in range(ENOUGH * 2)]
    assert finding("balance of values", rows).passed


def test_a_heldout_row_in_a_trained_family_of_phrasings_is_a_leak() -> None:
    heldout = [row("book", phrasing="new", city="A"), row("book", phrasing="please", city="B")]
    found = finding("held-out phrasings are new", towns(3, "please"), heldout)
    assert not found.passed
    assert found.example == "heldout:2 is of 'please'"
    assert finding("held-out phrasings are new", towns(3, "please"), heldout[:1]).passed


def test_rows_without_a_family_leak_none() -> None:
    assert finding("held-out phrasings are new", towns(3), towns(3)).passed


def test_heldout_values_that_were_trained_are_counted_where_values_are_open() -> None:
    heldout = [row("book", city="town 1", kind="bus"), row("book", city="Rome", kind="bus")]
    found = finding("held-out values are new", towns(20), heldout)
    assert not found.passed
    assert found.value == "50.0 % of 2 values of open parameters are trained"
    assert found.example == 'heldout:1 has book.city = "town 1"'
    assert finding("held-out values are new", towns(3), heldout).passed


def test_a_value_counts_as_said_in_any_case_as_a_default_or_in_the_parameters_own_words() -> None:
    assert list(unsaid(row("book", "to ROME please", city="Rome"))) == []
    assert list(unsaid(row("rate", "rate it", stars=5, note="fine"))) == []
    assert list(unsaid(row("rate", "four stars: 4", stars=4.0))) == []
    assert list(unsaid(row("book", "to Oslo", city="Rome"))) == [("book.city", '"Rome"')]


def test_a_value_may_come_from_an_earlier_result() -> None:
    first, second = row("rate", stars=5), row("book", city="Rome")
    turns = (*first.messages, Message(role="tool", content="5 for Rome"), second.messages[1])
    assert list(unsaid(first.model_copy(update={"messages": turns}))) == []


def test_a_value_that_is_the_same_in_every_call_is_taken_for_a_constant() -> None:
    balance = Balance()
    for _ in range(8):
        balance.train(row("book", city="Rome"), [ToolCall(name="book", arguments={"city": "Rome"})])
    assert balance.is_constant("book.city")
    balance.train(row("book", city="Oslo"), [ToolCall(name="book", arguments={"city": "Oslo"})])
    assert not balance.is_constant("book.city")


def test_one_value_for_the_same_parameter_of_many_tools_is_a_constant_of_each() -> None:
    balance = Balance()
    for number in range(8):
        name = f"tool{number}"
        balance.train(row("book", city="Rome"), [ToolCall(name=name, arguments={"city": "Rome"})])
    assert balance.is_constant("tool3.city")


def test_tools_that_only_own_rows_offer_need_no_rows() -> None:
    own = row("rate", stars=1).model_copy(
        update={"source": "own", "tools": (*TOOLS, tool("alarm", at={"type": "string"}))}
    )
    found = finding("rows per tool", [own, *towns(9), *[row("rate", stars=n) for n in range(9)]])
    assert found.passed
    assert finding("rows per tool", [own] * 9).example == "alarm 0, book 0"


def test_what_own_heldout_rows_ask_is_no_leak() -> None:
    own = row("book", phrasing="please", city="town 1").model_copy(update={"source": "own"})
    assert finding("held-out phrasings are new", towns(20, "please"), [own]).passed
    assert finding("held-out values are new", towns(20, "please"), [own]).passed
