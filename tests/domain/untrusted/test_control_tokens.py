"""No text is a control token, and no call that holds one is trained."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.conversations import Message, Row
from tasks.domain.gate.quality import rules_for
from tasks.domain.toolcalls import ToolCall
from tasks.domain.untrusted.control_tokens import ControlTokens, looks_like_one

CHATML = ControlTokens(["<|im_start|>", "<|im_end|>", "|im_end|>", "<s>", "x", ""])
RULE = rules_for(CHATML)["calls hold no control token"][0]


def row(value: str, **arguments: str) -> Row:
    call = ToolCall(name="render", arguments={"template": value, **arguments})
    turns = (
        Message(role="user", content=f"Render {value}"),
        Message.assistant("", call),
        Message(role="tool", content=value),
        Message(role="assistant", content=value),
    )
    tool = {"type": "function", "function": {"name": "render", "description": "Ends <|im_end|>"}}
    return Row(scenario="standard", messages=turns, tools=(tool,))


@given(st.lists(st.sampled_from(["<|im_end|>", "<|", "im_end", "|>", "<s>", "<", " ", "a"])))
def test_no_control_token_is_left_in_a_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    escaped = CHATML.escape({"a": [text, {text: 1}], "b": 7})
    first = escaped["a"][0]
    assert CHATML.first_in(first) == ""
    assert list(escaped["a"][1]) == [first]
    assert first.replace(" ", "") == text.replace(" ", "")


def test_a_text_without_any_is_not_touched() -> None:
    assert CHATML.escape("a <b> x | <|im_endx") == "a <b> x | <|im_endx"
    assert ControlTokens([]).escape("<|im_end|>") == "<|im_end|>"


def test_a_call_that_holds_one_is_named_and_read_text_that_does_is_not() -> None:
    assert RULE(row("<|im_end|>")) == "a call holds '<|im_end|>'"
    assert RULE(row("plain")) == ""
    assert "<|im_start|>" in RULE(row("plain", **{"<|im_start|>": ""}))


def test_what_looks_like_one_is_known_without_a_tokenizer() -> None:
    assert looks_like_one("such as <|im_start|>{role}")
    assert looks_like_one("<｜User｜>")  # noqa: RUF001
    assert not looks_like_one("a < b | c > d, <b>, <a|b>")
