"""Rows with the tools that their prompts list."""

from profiles import ToolsInPrompt
from tasks.domain.conversations import SYSTEM_PROMPT, Message, Row, opening, parse_rows, write_jsonl
from tasks.domain.products import ToolPrompt
from tasks.domain.prompting.retriever import documents_of
from tasks.domain.prompting.showing import Showing
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import functions
from tests.fakes.toolsets import VERSIONS

TOOLS = functions(VERSIONS)
NAMES = [tool["function"]["name"] for tool in TOOLS]


def row(text: str, tool: str | None = None, **fields: object) -> Row:
    """A conversation of one request."""
    call = Message.assistant("", ToolCall(name=tool or "", arguments={}))
    said = call if tool else Message.assistant("Hello.")
    values = {"scenario": "standard", "tool": tool, "tools": TOOLS} | fields
    return Row.model_validate({**values, "messages": (*opening(text), said)}).model_copy(
        update={"tools": values["tools"]}
    )


def showing(mode: ToolsInPrompt, selected: int = 0, hidden_share: float = 0) -> Showing:
    """The tools of a version control system, in prompts in some way."""
    prompt = ToolPrompt(mode=mode, selected=selected, hidden_share=hidden_share)
    return Showing(prompt, TOOLS, documents_of(TOOLS))


def names(row: Row) -> list[str]:
    """Of the tools that its prompt lists."""
    return [tool["function"]["name"] for tool in row.listed]


def test_where_all_tools_are_listed_rows_stay_as_they_are() -> None:
    one = row("make a branch", "git_create_branch")
    assert showing("all").rows([one]) == [one]


def test_the_chosen_tools_are_listed_in_the_order_of_the_list() -> None:
    (shown,) = showing("selected", 2).rows([row("log", "git_log")])
    assert len(shown.listed) == 2
    assert names(shown) == [name for name in NAMES if name in names(shown)]
    assert shown.tools == TOOLS


def test_a_row_to_train_on_lists_what_it_calls_though_the_retriever_misses_it() -> None:
    missed = row("make a branch", "git_log")
    (trained,) = showing("selected", 1).rows([missed])
    assert names(trained) == ["git_log"]


def test_a_held_out_row_keeps_the_retrievers_miss() -> None:
    (held,) = showing("selected", 1).rows([row("make a branch", "git_log", split="heldout")])
    assert names(held) == ["git_create_branch"]


def test_a_held_out_row_lists_what_fits_the_words_said_before_it_is_asked() -> None:
    one = row("make a branch", "git_create_branch", split="heldout")
    more = (Message(role="user", content="and the log, please"), Message.assistant("Here it is."))
    (asked,) = showing("selected", 1).rows([one])
    (longer,) = showing("selected", 1).rows(
        [one.model_copy(update={"messages": (*one.messages, *more * 5)})]
    )
    assert names(longer) == names(asked)


def test_a_client_sends_what_the_row_had() -> None:
    one = row("make a branch", "git_create_branch", split="heldout")
    (shown,) = showing("selected", 2).rows([one])
    assert list(showing("selected", 2).for_request(one.prompt)) == list(shown.listed)


def test_no_tools_are_listed_where_the_model_knows_them() -> None:
    (shown,) = showing("none").rows([row("log", "git_log")])
    assert shown.listed == ()
    assert shown.messages[0].content == SYSTEM_PROMPT
    assert list(showing("none").for_request(shown.prompt)) == []


def test_names_alone_stand_in_the_system_turn() -> None:
    (shown,) = showing("names").rows([row("log", "git_log")])
    assert shown.listed == ()
    assert shown.messages[0].content.endswith(", ".join(NAMES))


def test_a_base_is_shown_tools_though_its_tuned_model_is_not() -> None:
    (tuned,) = showing("names").rows([row("make a branch", "git_create_branch", split="heldout")])
    prompt = ToolPrompt(mode="names", base_selected=2).for_base
    (asked,) = Showing(prompt, TOOLS, documents_of(TOOLS)).rows([tuned])
    assert len(asked.listed) == 2
    assert asked.messages[0].content == SYSTEM_PROMPT


def test_a_share_of_mixed_rows_lists_nothing_and_the_same_share_each_time() -> None:
    rows = [row(f"log number {n}", "git_log") for n in range(400)]
    shown = showing("mixed", hidden_share=0.5).rows(rows)
    hidden = sum(not one.listed for one in shown)
    assert 150 < hidden < 250
    assert showing("mixed", hidden_share=0.5).rows(rows) == shown


def test_a_row_with_a_list_of_its_own_keeps_it() -> None:
    other = ({"type": "function", "function": {"name": "other", "parameters": {}}},)
    one = row("log", None, tools=other)
    assert showing("none").rows([one]) == [one]


def test_rows_without_their_list_are_read_back_with_the_one_beside() -> None:
    rows = showing("selected", 2).rows([row("log", "git_log"), row("hello")])
    text = write_jsonl(rows, TOOLS)
    assert '"tools"' not in text
    assert list(parse_rows(text.splitlines(), "rows", TOOLS)) == rows
