"""Which tool is called instead of which, and whether the right one was listed."""

from tasks.domain.conversations import Message, Row
from tasks.domain.evaluation.confusion import NO_TOOL, confused_tools, recall, tool_weights
from tasks.domain.toolcalls import ToolCall, render
from tasks.domain.toollists import functions
from tests.fakes.toolsets import CLOCKS

TOOLS = functions(CLOCKS)
NOW = ToolCall(name="get_current_time", arguments={"timezone": "Asia/Tokyo"})
CONVERT = ToolCall(
    name="convert_time",
    arguments={"source_timezone": "Asia/Tokyo", "time": "10:00", "target_timezone": "UTC"},
)


def row(text: str, call: ToolCall | None, shown: tuple[str, ...] | None = None) -> Row:
    said = Message.assistant("", call) if call else Message.assistant("Hello.")
    return Row(
        scenario="standard" if call else "no_tool",
        tool=call.name if call else None,
        shown=shown,
        messages=(Message(role="user", content=text), said),
        tools=TOOLS,
    )


def test_pairs_are_counted_and_the_most_frequent_comes_first() -> None:
    rows = [row("now?", NOW), row("and now?", NOW), row("hello", None), row("convert", CONVERT)]
    texts = [render(CONVERT), render(CONVERT), render(NOW), "I cannot."]
    first, *others = confused_tools(rows, texts)
    assert (first.expected_tool, first.called_tool, first.count) == (
        "get_current_time",
        "convert_time",
        2,
    )
    assert first.example == "now?"
    assert {(pair.expected_tool, pair.called_tool) for pair in others} == {
        (NO_TOOL, "get_current_time"),
        ("convert_time", NO_TOOL),
    }


def test_right_tools_and_cut_thoughts_are_no_confusion() -> None:
    assert confused_tools([row("now?", NOW), row("hello", None)], [render(NOW), None]) == ()


def test_recall_counts_requests_whose_tools_were_chosen() -> None:
    rows = [
        row("now?", NOW, ("get_current_time",)),
        row("convert", CONVERT, ("get_current_time",)),
        row("hello", None, ("get_current_time",)),
    ]
    found = recall(rows)
    assert found is not None
    assert (found.hits, found.total) == (1, 2)


def test_where_no_tools_are_chosen_there_is_no_recall() -> None:
    assert recall([row("now?", NOW), row("now?", NOW, ())]) is None


def test_confused_tools_need_more_rows_by_their_share_of_mistakes() -> None:
    rows = [row("now?", NOW), row("and now?", NOW), row("convert", CONVERT), row("hello", None)]
    texts = [render(CONVERT), render(NOW), render(CONVERT), render(NOW)]
    assert tool_weights(rows, texts) == {"get_current_time": 1.5, "convert_time": 1.5}


def test_missing_calls_weigh_nothing_and_a_made_up_tool_has_no_weight() -> None:
    made_up = render(ToolCall(name="set_alarm", arguments={}))
    rows = [row("now?", NOW), row("and now?", NOW)]
    assert tool_weights(rows, ["I cannot.", render(NOW)]) == {}
    assert tool_weights(rows, [made_up, render(NOW)]) == {"get_current_time": 1.5}
