"""What a model is asked in evaluation."""

from collections import Counter

import pytest

from profiles import HandWrittenPrompt
from tasks.domain.conversations import Message, Row, Scenario
from tasks.domain.errors import ValidationFailed
from tasks.domain.evaluation.evaluation_set import (
    after_calls,
    answerable,
    check_same_file,
    hand_written_rows,
    hand_written_sample,
    loop_rows,
    stratified_sample,
)
from tasks.domain.products import BenchmarkReport, GgufModel, StoredFile, ValidationReport
from tasks.domain.toolcalls import ToolCall

TOOLS = ({"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}},)


def _row(scenario: Scenario, tool: str | None = None) -> Row:
    turns = (Message(role="user", content="hi"), Message(role="assistant", content="hello"))
    return Row(scenario=scenario, tool=tool, messages=turns, tools=TOOLS)


def test_rare_kinds_of_rows_are_taken_through_the_loop_too() -> None:
    rows = [_row("standard", "now")] * 50 + [_row("error", "now"), _row("no_tool")]
    assert loop_rows(rows, 4) == [0, 1, 50, 51]


def test_no_more_rows_are_taken_than_there_are() -> None:
    assert loop_rows([_row("no_tool")], 30) == [0]


KINDS = [
    *[_row("standard", "now")] * 60,
    *[_row("standard", "then")] * 20,
    *[_row("error", "now")] * 20,
    *[_row("no_tool")] * 90,
    *[_row("ambiguous")] * 10,
]


def test_the_base_is_asked_every_kind_of_row_by_its_share() -> None:
    sample = [KINDS[place] for place in stratified_sample(KINDS, 40, seed=1)]
    kinds = Counter((row.scenario, row.tool) for row in sample)
    assert kinds == {
        ("standard", "now"): 12,
        ("standard", "then"): 4,
        ("error", "now"): 4,
        ("no_tool", None): 18,
        ("ambiguous", None): 2,
    }


def test_a_sample_is_the_seeds_choice_and_the_same_every_time() -> None:
    first = stratified_sample(KINDS, 40, seed=1)
    assert first == stratified_sample(KINDS, 40, seed=1) == sorted(set(first))
    assert first != stratified_sample(KINDS, 40, seed=2)
    assert stratified_sample(KINDS[:3], 40, seed=1) == [0, 1, 2]


@pytest.mark.parametrize("most", [2, 3, 7])
def test_a_small_sample_has_rows_with_and_without_a_call(most: int) -> None:
    rows = [_row("standard", "now")] * 30 + [_row("no_tool")]
    sample = stratified_sample(rows, most, seed=1)
    assert len(sample) == most
    assert sample[-1] == 30


def test_a_typed_prompt_becomes_a_row_that_expects_its_call() -> None:
    call = {"name": "now", "arguments": {"zone": "Asia/Tokyo"}}
    asked, chatted = hand_written_rows(
        [
            HandWrittenPrompt(prompt="time in tokyo?", call=call),
            HandWrittenPrompt(prompt="thanks", call=None),
        ],
        TOOLS,
    )
    assert asked.expected_call == ToolCall.model_validate(call)
    assert asked.prompt[-1].content == "time in tokyo?"
    assert (chatted.scenario, chatted.expected_call) == ("no_tool", None)


def test_prompts_for_tools_that_were_left_out_are_not_asked() -> None:
    left_out = HandWrittenPrompt(prompt="convert it", call={"name": "convert", "arguments": {}})
    asked = HandWrittenPrompt(prompt="time?", call={"name": "now", "arguments": {}})
    thanks = HandWrittenPrompt(prompt="thanks", call=None)
    assert answerable([left_out, asked, thanks], TOOLS) == [asked, thanks]


def test_reports_of_another_file_are_refused() -> None:
    file = StoredFile(uri="model.gguf", sha256="a" * 64, size_bytes=1)
    gguf = GgufModel.model_construct(files=file)
    check_same_file(
        gguf,
        ValidationReport.model_construct(gguf="a" * 64),
        BenchmarkReport.model_construct(gguf=""),
    )
    with pytest.raises(ValidationFailed, match=r"the benchmark is of a file with sha256 bbbb"):
        check_same_file(gguf, BenchmarkReport.model_construct(gguf="b" * 64))


def test_the_conversation_after_a_call_has_the_models_own_words_and_the_result() -> None:
    call = ToolCall(name="now", arguments={})
    talk = after_calls(_row("standard", "now").prompt, "Let me see.", [call], ["12:00"])
    assert [m.role for m in talk] == ["user", "assistant", "tool"]
    assert talk[1].content == "Let me see."
    assert talk[1].tool_calls[0].decoded() == call
    assert talk[2].content == "12:00"


def test_a_sample_of_typed_prompts_is_a_quarter_without_a_tool_and_from_all_over() -> None:
    call = {"name": "now", "arguments": {}}
    prompts = [HandWrittenPrompt(prompt=f"call {n}", call=call) for n in range(90)]
    prompts += [HandWrittenPrompt(prompt=f"talk {n}", call=None) for n in range(60)]
    sample = hand_written_sample(prompts, 40)
    assert len([prompt for prompt in sample if prompt.call]) == 30
    assert [prompt.prompt for prompt in sample[:3]] == ["call 0", "call 3", "call 6"]
    assert sample[-1].prompt == "talk 54"
    assert hand_written_sample(prompts, 1000) == prompts
