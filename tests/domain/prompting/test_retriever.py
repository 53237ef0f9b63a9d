"""Which tools of a list a request is about."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.conversations import Message, Row
from tasks.domain.prompting.retriever import (
    Retriever,
    documents_of,
    request_of,
    requests_by_tool,
    terms,
)
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import functions
from tests.fakes.toolsets import CLOCKS, VERSIONS

TOOLS = (*functions(CLOCKS), *functions(VERSIONS))
KNOWN = documents_of(TOOLS)
NAMES = [tool["function"]["name"] for tool in TOOLS]


def test_the_tool_whose_words_are_asked_for_comes_first() -> None:
    retriever = Retriever(KNOWN, 3)
    assert retriever.choose("make a new branch called next")[0] == "git_create_branch"
    assert retriever.choose("convert 5 pm between two timezones")[0] == "convert_time"


def test_as_many_as_asked_for_are_chosen_and_no_tool_twice() -> None:
    chosen = Retriever(KNOWN, 3).choose("what time is it")
    assert len(chosen) == len(set(chosen)) == 3


def test_all_are_chosen_where_there_are_fewer() -> None:
    assert sorted(Retriever(KNOWN, 100).choose("time")) == sorted(NAMES)


def test_a_request_without_a_known_word_gets_the_first_tools_of_the_list() -> None:
    assert Retriever(KNOWN, 2).choose("xyzzy") == tuple(NAMES[:2])
    assert Retriever(KNOWN, 2).choose("") == tuple(NAMES[:2])


def test_requests_that_people_type_are_searched_too() -> None:
    told = documents_of(TOOLS, {"git_status": ["did I touch anything"]})
    assert "git_status" not in Retriever(KNOWN, 1).choose("did I touch anything?")
    assert Retriever(told, 1).choose("did I touch anything?") == ("git_status",)


def test_words_are_compared_without_endings_and_abbreviations() -> None:
    assert terms("listing directories") == terms("list dir")
    assert terms("createdBranches") == terms("create branch")
    assert terms("document") == terms("file") == terms("docs")
    assert terms("images") == terms("picture") == terms("pic")


@given(st.text())
def test_any_text_can_be_asked_and_gets_the_same_twice(text: str) -> None:
    assert Retriever(KNOWN, 3).choose(text) == Retriever(KNOWN, 3).choose(text)


def test_a_request_is_all_that_the_user_says() -> None:
    turns = (
        Message(role="system", content="Be kind."),
        Message(role="user", content="make a branch"),
        Message(role="assistant", content="What should it be called?"),
        Message(role="user", content="next"),
    )
    assert request_of(turns) == "make a branch\nnext"


def test_the_first_requests_of_training_rows_are_kept_by_the_tool_that_they_call() -> None:
    call = ToolCall(name="git_status", arguments={})
    texts = ("st", "anything left?", "hi there", "is it clean")
    rows = [
        Row(
            scenario="standard" if text != "hi there" else "no_tool",
            messages=(
                Message(role="user", content=text),
                Message.assistant("", call)
                if text != "hi there"
                else Message(role="assistant", content="Hello."),
            ),
            tools=TOOLS,
        )
        for text in texts
    ]
    assert requests_by_tool(rows, 2) == {"git_status": ["st", "anything left?"]}
