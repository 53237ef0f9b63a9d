"""What a person sees of rows before they are trained on."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.conversations import SYSTEM_PROMPT, Message, Row, Scenario, opening
from tasks.domain.gate.preview import SHOWN_REJECTED, SHOWN_TOKENS, Preview, preview
from tasks.domain.gate.preview_report import preview_markdown, token
from tasks.domain.gate.token_rules import EncodedRow
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import functions
from tests.fakes.toolsets import CLOCKS

TOOLS = functions(CLOCKS)


def row(text: str, answer: str = "Yes.", scenario: Scenario = "no_tool", tool: str = "") -> Row:
    call = ToolCall(name=tool, arguments={"timezone": "Asia/Tokyo"})
    said = Message.assistant("", call) if tool else Message.assistant(answer)
    return Row(
        scenario=scenario,
        tool=tool or None,
        messages=(*opening(text), said),
        tools=TOOLS,
    )


def encode(one: Row) -> EncodedRow:
    """Each character is a token; the last message is trained."""
    texts = [m.content + "".join(c.function.name for c in m.tool_calls) for m in one.messages]
    ids = [ord(c) for text in texts for c in text]
    trained = [number == len(texts) - 1 for number, text in enumerate(texts) for _ in text]
    return EncodedRow(ids=ids, trained=trained)


def pieces(ids: Sequence[int]) -> list[str]:
    return [chr(one) for one in ids]


def looked_at(*rows: Row, limit: int = 4000) -> Preview:
    return preview(rows, (), limit, encode, pieces)


def test_three_rows_are_shown_of_different_scenarios() -> None:
    rows = [row(f"Question {n}?") for n in range(5)]
    rows.append(row("What time?", scenario="standard", tool="get_current_time"))
    seen = looked_at(*rows)
    assert [one.place for one in seen.examples] == ["train:1", "train:2", "train:6"]
    assert [one.scenario for one in seen.examples] == ["no_tool", "no_tool", "standard"]


def test_every_token_of_the_first_row_is_shown_with_whether_it_is_trained() -> None:
    (shown,) = looked_at(row("Deep?", "Very.")).examples
    assert "".join(text for text, _ in shown.tokens) == SYSTEM_PROMPT + "Deep?" + "Very."
    assert "".join(text for text, trained in shown.tokens if trained) == "Very."
    assert (shown.length, shown.trained) == (len(SYSTEM_PROMPT) + 10, 5)


def test_what_later_rows_share_with_the_first_is_counted_instead_of_shown() -> None:
    first, second = looked_at(row("Ask A"), row("Ask B")).examples
    assert first.begins_at == 0
    assert second.begins_at == len(SYSTEM_PROMPT) + len("Ask ")
    assert "".join(text for text, _ in second.tokens) == "BYes."


def test_a_row_that_goes_on_and_on_is_cut_and_the_rest_counted() -> None:
    (shown,) = looked_at(row("x" * 10_000), limit=20_000).examples
    assert len(shown.tokens) == SHOWN_TOKENS
    assert shown.left_out + SHOWN_TOKENS == shown.length
    assert f"({shown.left_out} more tokens)" in preview_markdown(looked_at(row("x" * 10_000)))


def test_each_rejected_row_says_by_which_rule_and_why() -> None:
    seen = preview(
        [
            row("Is it late?"),
            row("Which?", scenario="standard", tool="ring_bell"),
            row("Is it late?"),
            row("y" * 300),
        ],
        [row("Is it late?", "No.")],
        200,
        encode,
        pieces,
    )
    faults = {fate.place: " | ".join(fate.faults) for fate in seen.rejected}
    assert "known tools: calls 'ring_bell', which is not among its tools" in faults["train:2"]
    assert faults["train:3"] == "duplicates: repeats train:1"
    assert faults["train:4"].startswith("token budget: ")
    assert faults["heldout:1"] == "leaks: repeats train:1"
    assert [fate.place for fate in seen.accepted] == ["train:1"]
    page = preview_markdown(seen)
    assert "5 rows, 4 of them rejected" in page
    assert "- heldout:1, no_tool: Is it late? (3 of " in page
    assert "  - leaks: repeats train:1\n" in page


def test_long_lists_of_rows_are_cut_and_counted() -> None:
    seen = looked_at(row("Same?"), *[row("Same?") for _ in range(50)])
    assert len(seen.rejected) == SHOWN_REJECTED
    assert f"Rejected by the gate, {SHOWN_REJECTED} of 50" in preview_markdown(seen)


def test_trained_tokens_stand_in_a_line_of_their_own() -> None:
    page = preview_markdown(looked_at(row("Deep?", "No.")))
    assert "`D` `e` `e` `p` `?`\n\n- **trained** `N` `o` `.`\n" in page


def test_new_lines_backticks_and_blanks_are_seen() -> None:
    assert token("\n`") == "`\u21b5\u02cb`"
    assert token("") == "`\u2205`"
    assert token(" ") == "`   `"


@given(st.text())
def test_no_token_leaves_its_marks(text: str) -> None:
    shown = token(text)
    assert (shown[0], shown[-1]) == ("`", "`")
    assert not {"\n", "\r", "`"} & set(shown[1:-1])


def test_a_bar_or_a_tag_in_a_question_does_not_break_the_table() -> None:
    page = preview_markdown(looked_at(row("a | b <b>?")))
    assert "a \\| b &lt;b>?" in page
