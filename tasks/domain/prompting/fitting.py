"""How a tool list is put into prompts so that a conversation fits behind it.

Shown whole where that fits, its texts trimmed where that makes it fit, else chosen from for each
request: so that no list is too long unless a person asks for the whole of it.
"""

from profiles import Profile, ToolsInPrompt
from tasks.domain.errors import ToolsetTooLarge
from tasks.domain.products import Product, ToolPrompt, Toolset
from tasks.domain.prompting.budget import (
    ROOM,
    Count,
    list_tokens,
    sizes_by_group,
    text_tokens,
    tool_tokens,
)
from tasks.domain.prompting.showing import system_prompt
from tasks.domain.prompting.trimming import STEPS, trimmed

LENGTH_STEP = 512
"""A length that grows is a multiple of it."""
LONGEST_LISTED = 4096
"""Tokens of a row up to which "auto" lists all tools: a small model reads longer lists badly, and
two cores take seconds to read them. "mixed" too; "all" goes up to what model and machine hold."""
_LARGEST_GROUPS = 3


class FittedTools(Product):
    """A tool list that leaves room for a conversation, and how."""

    toolset: Toolset
    """As it goes on: its schemas trimmed where that was needed."""
    prompt: ToolPrompt
    profile: Profile
    """With the numbers that this list needs."""


def fit(toolset: Toolset, profile: Profile, count: Count, most: int) -> FittedTools:
    """Decide how the tools stand in prompts.

    Args:
        toolset: the whole list.
        profile: what is asked for.
        count: tokens of a conversation with tools.
        most: tokens that a row may have: what the profile says, or what model and machine hold.

    Raises:
        ToolsetTooLarge: not even the shortest form that is asked for leaves room.
    """
    most = longest_row_for(profile, most)
    for mode, listed in _modes(profile):
        for steps in range(len(STEPS) + 1):
            short = trimmed(toolset, steps)
            prompt = _prompt(short, mode, profile, count, most, steps)
            if prompt is not None and prompt.prefix_tokens <= (listed or most):
                return _fitted(toolset, short, prompt, profile)
    raise ToolsetTooLarge(refusal(trimmed(toolset, len(STEPS)), count, most))


def _modes(profile: Profile) -> tuple[tuple[ToolsInPrompt, int | None], ...]:
    """What is tried in turn, each with the tokens that its list may take."""
    if profile.tools_in_prompt == "auto":
        return ("all", profile.listed_tokens), (profile.long_lists, None)
    return ((profile.tools_in_prompt, None),)


def longest_row_for(profile: Profile, most: int) -> int:
    """Tokens that a row may have: fewer than ``most`` where the profile leaves the form open."""
    if profile.tools_in_prompt in ("auto", "mixed"):
        return min(most, max(LONGEST_LISTED, profile.training.max_seq_length))
    return most


def _prompt(
    toolset: Toolset, mode: ToolsInPrompt, profile: Profile, count: Count, most: int, steps: int
) -> ToolPrompt | None:
    """How the list, trimmed so far, fits; None where it does not."""
    room = most - ROOM
    draft = ToolPrompt(
        mode=mode,
        trims=steps,
        hidden_share=profile.tools_hidden_share if mode == "mixed" else 0,
    )
    selected, base_selected = 0, 0
    most_tools = min(profile.tools_selected, len(toolset.tools))
    if mode in ("none", "names"):
        tokens = text_tokens(system_prompt(draft, [tool.name for tool in toolset.tools]), count)
        base_selected = _selection(toolset, count, room, most_tools, 1)[1]
    else:
        tokens = list_tokens(toolset, count)
        is_last = steps == len(STEPS)
        if mode == "selected" or (mode == "mixed" and tokens > room and is_last):
            least = 1 if is_last else most_tools
            tokens, selected = _selection(toolset, count, room, most_tools, least)
    if tokens > room:
        return None
    length = length_for(tokens, profile.training.max_seq_length)
    changes = {
        "selected": selected,
        "base_selected": base_selected,
        "prefix_tokens": tokens,
        "max_seq_length": min(length, most),
    }
    return draft.model_copy(update=changes)


def _selection(toolset: Toolset, count: Count, room: int, most: int, least: int) -> tuple[int, int]:
    """(tokens of the longest selection, how many tools it has): as many as fit, ``least`` or more.

    Any tools may be chosen together, so the largest ones have to fit.
    """
    sizes = sorted(tool_tokens(toolset, count).values(), reverse=True)
    empty = list_tokens(toolset, count) - sum(sizes)
    for number in range(min(most, len(sizes)), least, -1):
        if empty + sum(sizes[:number]) <= room:
            return empty + sum(sizes[:number]), number
    return empty + sum(sizes[:least]), least


def length_for(tokens: int, least: int) -> int:
    """Tokens of a row behind a list of so many: at least ``least``."""
    steps = -(-(tokens + ROOM) // LENGTH_STEP)
    return max(least, steps * LENGTH_STEP)


def _fitted(whole: Toolset, short: Toolset, prompt: ToolPrompt, profile: Profile) -> FittedTools:
    count = len(whole.tools)
    sentences = (_how(prompt, count), _length(prompt, profile), _rows(prompt, profile, count))
    notes = [note for note in sentences if note]
    toolset = short.model_copy(update={"notes": (*short.notes, *notes)})
    return FittedTools(toolset=toolset, prompt=prompt, profile=_for_many(prompt, profile, count))


def _how(prompt: ToolPrompt, tools: int) -> str:
    """What a person should know of prompts that do not list all tools."""
    if prompt.mode == "selected":
        return f"of the {tools} tools a prompt lists the {prompt.selected} that fit the request"
    if prompt.mode == "names":
        return f"prompts give the names of the {tools} tools, without schemas"
    if prompt.mode == "none":
        return f"prompts list none of the {tools} tools: the model knows them"
    if prompt.mode == "mixed":
        others = f", the others the {prompt.selected} that fit the request" * bool(prompt.selected)
        return f"{prompt.hidden_share:.0%} of the prompts list no tools{others}"
    return ""


def _length(prompt: ToolPrompt, profile: Profile) -> str:
    least = profile.training.max_seq_length
    if prompt.max_seq_length <= least:
        return ""
    return f"rows may have {prompt.max_seq_length} tokens instead of {least}, for the tool list"


def _rows(prompt: ToolPrompt, profile: Profile, tools: int) -> str:
    samples = samples_for(prompt, profile, tools)
    return f"{samples} rows instead of {profile.data.samples}, for {tools} tools" * bool(samples)


def _for_many(prompt: ToolPrompt, profile: Profile, tools: int) -> Profile:
    """The profile with the numbers that so many tools need.

    Rows for each tool as its gate asks for, and a held-out call for each where the list is long.
    Other lists (``list_augmentation_share``) are for models that read the whole list.
    """
    data, settled = profile.data, prompt.settled(profile)
    update = {
        "samples": max(data.samples, samples_for(prompt, profile, tools)),
        "heldout_calls": max(data.heldout_calls, tools if _is_long(prompt, profile) else 0),
        "list_augmentation_share": data.list_augmentation_share if prompt.mode == "all" else 0.0,
    }
    return settled.model_copy(
        update={"data": data.model_copy(update=update), "tools_in_prompt": prompt.mode}
    )


def samples_for(prompt: ToolPrompt, profile: Profile, tools: int) -> int:
    """Rows that so many tools need for the gate to let them through; 0 where there are enough.

    A short list gets more only where the gate would certainly refuse.
    """
    data, each = profile.data, profile.quality.min_rows_per_tool
    # Rows of the other kinds go to the tools in turn, and a short list may leave some without.
    standard = data.scenarios.standard
    least = each * tools * (SPREAD if _is_long(prompt, profile) else 1)
    if not standard or data.samples * standard >= least:
        return 0
    return round(SPREAD * each * tools / standard)


def _is_long(prompt: ToolPrompt, profile: Profile) -> bool:
    """Whether the list would not have fitted as it is."""
    return prompt.mode != "all" or prompt.max_seq_length > profile.training.max_seq_length


SPREAD = 2
"""Rows for a tool on average, over those that the gate asks for: tools do not get equal parts
(``scenarios.LEAST_WEIGHT``)."""


def refusal(toolset: Toolset, count: Count, most: int) -> str:
    """Why no way that is asked for fits, in five lines: found, needed, what fits, what to do."""
    sizes = tool_tokens(toolset, count)
    room = most - ROOM
    groups = groups_that_fit(sizes, room - list_tokens(toolset, count) + sum(sizes.values()))
    fitting = ", ".join(f"{pattern} ({tools} tools, {size})" for pattern, tools, size in groups)
    return "\n".join(
        [
            f"the list of {len(sizes)} tools takes {list_tokens(toolset, count)} tokens, trimmed",
            f"needed: at most {room}, so that {ROOM} of {most} are left for a conversation",
            f"the largest groups that fit: {fitting or 'none'}",
            "to do: --tools-in-prompt selected (or auto, names, none), --include-tools 'GROUP_*'",
            "see each tool's size: mcp-forge inspect --server … --fit",
        ]
    )


def groups_that_fit(sizes: dict[str, int], room: int) -> list[tuple[str, int, int]]:
    """(pattern, tools, tokens) of the largest groups of tools with one first word that fit."""
    groups = sizes_by_group(sizes)
    fitting = [(name, len(each), sum(each)) for name, each in groups.items() if sum(each) <= room]
    return sorted(fitting, key=lambda group: -group[1])[:_LARGEST_GROUPS]
