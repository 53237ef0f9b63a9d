"""How a list is put into prompts so that a conversation fits behind it; words are tokens here."""

from collections.abc import Sequence
from typing import Any

import pytest

from profiles import Profile, ToolsInPrompt, load_profile
from tasks.domain.conversations import Message
from tasks.domain.errors import ToolsetTooLarge
from tasks.domain.products import Tool, ToolPrompt, Toolset
from tasks.domain.prompting.budget import ROOM, list_tokens
from tasks.domain.prompting.fitting import LONGEST_LISTED, fit, longest_row_for, samples_for

CPU = load_profile("cpu")
ROOMY = CPU.model_copy(update={"listed_tokens": None, "long_lists": "selected"})
"""Lists as long as the room is, as on a GPU."""
MOST = 8192


def count(messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> int:
    """Words."""
    return sum(len(m.content.split()) for m in messages) + sum(len(str(t).split()) for t in tools)


def many(tools: int, words: int = 20, group: str = "issue") -> Toolset:
    """A list of tools with long descriptions that no step of trimming makes shorter."""
    text = " ".join(["word"] * words)
    return Toolset(
        server="many",
        tools=tuple(
            Tool(name=f"{group}_{n}", description=text, input_schema={"type": "object"})
            for n in range(tools)
        ),
    )


def profile(mode: ToolsInPrompt) -> Profile:
    """The CPU's, with its tools in prompts in some way."""
    return CPU.model_copy(update={"tools_in_prompt": mode})


def test_a_list_that_fits_goes_on_as_it_is() -> None:
    fitted = fit(many(10), CPU, count, MOST)
    assert fitted.toolset == many(10)
    assert fitted.prompt.mode == "all"
    assert fitted.profile == CPU.model_copy(update={"tools_in_prompt": "all"})


def test_a_row_is_as_long_as_the_form_in_which_tools_are_listed_allows() -> None:
    assert longest_row_for(profile("auto"), MOST) == LONGEST_LISTED
    assert longest_row_for(profile("all"), MOST) == MOST
    assert longest_row_for(profile("auto"), 2048) == 2048


def test_a_list_that_needs_a_longer_row_gets_one_and_room_for_its_packs() -> None:
    fitted = fit(many(115), ROOMY, count, MOST)
    training = fitted.profile.training
    assert CPU.training.max_seq_length < training.max_seq_length <= LONGEST_LISTED
    assert list_tokens(many(115), count) + ROOM <= training.max_seq_length
    grown = training.max_seq_length - CPU.training.max_seq_length
    assert training.pack_tokens == CPU.training.pack_tokens + grown
    assert any("instead of 3072" in note for note in fitted.toolset.notes)


def test_a_list_that_is_too_long_by_its_descriptions_is_trimmed() -> None:
    long = Toolset(
        server="long",
        tools=tuple(
            Tool(
                name=f"tool{n}",
                description="It does one thing. " + "And it says so at great length. " * 40,
                input_schema={"type": "object"},
            )
            for n in range(30)
        ),
    )
    fitted = fit(long, CPU, count, MOST)
    assert (fitted.prompt.mode, fitted.prompt.trims) == ("all", 2)
    assert fitted.toolset.tools[0].description == "It does one thing."
    assert any("trimmed" in note for note in fitted.toolset.notes)


def test_a_list_that_cannot_be_shown_whole_is_chosen_from() -> None:
    fitted = fit(many(600), ROOMY, count, MOST)
    assert (fitted.prompt.mode, fitted.prompt.selected) == ("selected", CPU.tools_selected)
    assert fitted.prompt.prefix_tokens + ROOM <= fitted.prompt.max_seq_length
    assert fitted.profile.data.heldout_calls == 600
    assert any("of the 600 tools" in note for note in fitted.toolset.notes)


def test_a_profile_says_how_long_a_list_each_step_may_compute_and_what_becomes_of_longer_ones() -> (
    None
):
    short, long = many(20), many(70)
    assert CPU.listed_tokens is not None
    assert list_tokens(short, count) < CPU.listed_tokens < list_tokens(long, count)
    assert fit(short, CPU, count, MOST).prompt.mode == "all"
    by_heart = fit(long, CPU, count, MOST)
    assert by_heart.prompt.mode == "none"
    assert any("the model knows them" in note for note in by_heart.toolset.notes)
    asked_for = CPU.model_copy(update={"tools_in_prompt": "all"})
    assert fit(long, asked_for, count, MOST).prompt.mode == "all"


def test_fewer_are_chosen_where_they_are_large() -> None:
    choices = {"type": "object", "properties": {"choice": {"enum": [str(n) for n in range(700)]}}}
    large = tuple(tool.model_copy(update={"input_schema": choices}) for tool in many(20).tools)
    fitted = fit(Toolset(server="large", tools=large), profile("selected"), count, 2048)
    assert fitted.prompt.selected == 2


@pytest.mark.parametrize("mode", ["none", "names"])
def test_a_list_in_the_weights_needs_no_room(mode: ToolsInPrompt) -> None:
    fitted = fit(many(200, words=400), profile(mode), count, 2048)
    assert fitted.prompt.mode == mode
    assert fitted.prompt.selected == 0
    assert fitted.prompt.base_selected > 0


def test_a_mixed_list_is_shown_whole_where_that_fits_and_chosen_from_where_not() -> None:
    assert fit(many(10), profile("mixed"), count, MOST).prompt.selected == 0
    assert fit(many(900), profile("mixed"), count, MOST).prompt.selected == CPU.tools_selected


def test_only_who_asks_for_the_whole_list_is_refused_in_five_lines() -> None:
    both = many(300).tools + many(40, group="file").tools
    with pytest.raises(ToolsetTooLarge) as refused:
        fit(Toolset(server="many", tools=both), profile("all"), count, 2048)
    lines = str(refused.value).splitlines()
    assert len(lines) == 5
    assert "340 tools" in lines[0]
    assert "file_* (40 tools" in lines[2]
    assert "--tools-in-prompt" in lines[3]


def test_a_gate_that_would_certainly_refuse_gets_more_rows() -> None:
    whole, chosen = ToolPrompt(mode="all"), ToolPrompt(mode="selected", selected=8)
    assert samples_for(whole, CPU, 14) == samples_for(chosen, CPU, 14) == 0
    needed = samples_for(chosen, CPU, 600)
    assert needed > CPU.data.samples
    fitted = fit(many(600), CPU, count, MOST)
    assert fitted.profile.data.samples == needed
    assert any(f"{needed} rows instead of" in note for note in fitted.toolset.notes)


def test_a_long_list_costs_a_few_counts_of_each_tool() -> None:
    counted: list[int] = []

    def counting(messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> int:
        counted.append(len(tools))
        return count(messages, tools)

    fit(many(600), CPU, counting, MOST)
    assert sum(counted) <= 10 * 600
