"""What a model is asked in evaluation: which rows, in what order, and hand-written test prompts."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from random import Random
from typing import Any, TypeVar

from profiles import HandWrittenPrompt
from tasks.domain.conversations import Message, Row, opening
from tasks.domain.errors import ValidationFailed
from tasks.domain.products import BenchmarkReport, GgufModel, ValidationReport
from tasks.domain.toolcalls import ToolCall, tool_names

_Item = TypeVar("_Item")
_ANY_WORDS = "(any answer without a call)"


def items_at(items: Sequence[_Item], places: Sequence[int]) -> list[_Item]:
    """The items of these places, in the order of the places."""
    return [items[place] for place in places]


def loop_rows(rows: Sequence[Row], most: int) -> list[int]:
    """The places of at most ``most`` rows to take through the whole loop: all kinds, evenly.

    Kinds are scenario and tool; they take turns, so that a rare kind is not missed.
    """
    kinds: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(rows):
        kinds.setdefault((row.scenario, row.tool or ""), []).append(place)
    return sorted(list(_in_turns(list(kinds.values())))[:most])


def _in_turns(groups: Sequence[Sequence[int]]) -> Iterator[int]:
    for turn in zip_longest(*groups):
        yield from (place for place in turn if place is not None)


def stratified_sample(rows: Sequence[Row], most: int, seed: int) -> list[int]:
    """The places of at most ``most`` rows that stand for all, in order.

    Stratified: each kind (scenario and tool) has the share that it has in all rows, so that rates
    can be set beside those over all; which rows of a kind is the seed's choice. Where rows with and
    without a call are there, both are asked, if ``most`` is two or more.
    """
    if len(rows) <= most:
        return list(range(len(rows)))
    order = list(range(len(rows)))
    Random(seed).shuffle(order)
    order.sort(key=lambda place: (rows[place].scenario, rows[place].tool or ""))
    calling = [place for place in order if rows[place].tool]
    without = [place for place in order if not rows[place].tool]
    few = round(most * len(without) / len(rows))
    if calling and without and most > 1:
        few = min(max(few, 1), most - 1)
    return sorted(_spread(calling, most - few) + _spread(without, few))


def hand_written_questions(
    prompts: Sequence[HandWrittenPrompt], tools: Sequence[dict[str, Any]], most: int
) -> list[Row]:
    """The test prompts that a model with these tools is asked, at most ``most``, as rows."""
    return hand_written_rows(hand_written_sample(answerable(prompts, tools), most), tools)


def hand_written_sample(prompts: Sequence[HandWrittenPrompt], most: int) -> list[HandWrittenPrompt]:
    """At most ``most`` prompts from all over the list, a quarter of them without a tool."""
    if len(prompts) <= most:
        return list(prompts)
    calling = [prompt for prompt in prompts if prompt.call]
    without = [prompt for prompt in prompts if not prompt.call]
    return _spread(calling, most - most // 4) + _spread(without, most // 4)


def _spread(items: Sequence[_Item], most: int) -> list[_Item]:
    count = min(most, len(items))
    return [items[place * len(items) // count] for place in range(count)]


def answerable(
    prompts: Sequence[HandWrittenPrompt], tools: Sequence[dict[str, Any]]
) -> list[HandWrittenPrompt]:
    """The prompts that these tools meet, or none: some may have been left out of a run."""
    names = set(tool_names(tools))
    return [prompt for prompt in prompts if not prompt.call or prompt.call["name"] in names]


def check_same_file(gguf: GgufModel, *reports: ValidationReport | BenchmarkReport) -> None:
    """Make sure that reports are about one model.

    Raises:
        ValidationFailed: a report was made of another file.
    """
    for report in reports:
        if report.gguf and report.gguf != gguf.files.sha256:
            kind = type(report).__name__.removesuffix("Report").lower()
            raise ValidationFailed(
                f"the {kind} is of a file with sha256 {report.gguf[:12]}…, needed one of "
                f"{gguf.files.sha256[:12]}… ({gguf.files.uri}); run {kind} again"
            )


def hand_written_rows(
    prompts: Sequence[HandWrittenPrompt], tools: Sequence[dict[str, Any]]
) -> list[Row]:
    """Hand-written test prompts as rows that can be scored like held-out ones."""
    return [_hand_written_row(prompt, tuple(tools)) for prompt in prompts]


def _hand_written_row(prompt: HandWrittenPrompt, tools: tuple[dict[str, Any], ...]) -> Row:
    call = ToolCall.model_validate(prompt.call) if prompt.call else None
    answer = Message.assistant("", call) if call else Message.assistant(_ANY_WORDS)
    return Row(
        scenario="standard" if call else "no_tool",
        split="heldout",
        tool=call.name if call else None,
        phrasing="hand-written",
        messages=(*opening(prompt.prompt), answer),
        tools=tools,
    )


def after_calls(
    before: Sequence[Message], text: str, calls: Sequence[ToolCall], results: Sequence[str]
) -> tuple[Message, ...]:
    """The conversation after an answer's calls were executed: its words, its calls, the results."""
    return (
        *before,
        Message.assistant(text, *calls),
        *(Message(role="tool", content=result) for result in results),
    )
