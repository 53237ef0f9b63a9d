"""What a person reads of a list's size: each tool, each group, and what becomes of the list."""

from profiles import Profile
from tasks.domain.errors import ToolsetTooLarge
from tasks.domain.products import Toolset
from tasks.domain.prompting.budget import ROOM, Count, list_tokens, sizes_by_group, tool_tokens
from tasks.domain.prompting.fitting import fit, longest_row_for
from tasks.domain.untrusted.printable import on_one_line

_WIDTH = 48


def size_table(toolset: Toolset, profile: Profile, count: Count, most: int) -> str:
    """The table; ``most``: tokens that a row may have."""
    sizes = tool_tokens(toolset, count)
    several = {name: each for name, each in sizes_by_group(sizes).items() if len(each) > 1}
    lines = [
        _line("tool", "tokens"),
        *(_line(name, str(size)) for name, size in _largest_first(sizes)),
        "",
        *([_line("group", "tokens"), *_groups(several), ""] if several else []),
        _line(f"all tools ({len(sizes)})", str(list_tokens(toolset, count))),
        _line("room for a conversation", str(ROOM)),
        _line(f"a row of {profile.name} may have", str(longest_row_for(profile, most))),
        "",
        _what_becomes(toolset, profile, count, most),
    ]
    return "\n".join(lines)


def _largest_first(sizes: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(sizes.items(), key=lambda item: -item[1])


def _groups(groups: dict[str, list[int]]) -> list[str]:
    totals = {f"{name} ({len(each)} tools)": sum(each) for name, each in groups.items()}
    return [_line(name, str(size)) for name, size in _largest_first(totals)]


def _what_becomes(toolset: Toolset, profile: Profile, count: Count, most: int) -> str:
    try:
        fitted = fit(toolset, profile, count, most)
    except ToolsetTooLarge as refusal:
        return str(refusal)
    notes = fitted.toolset.notes[len(toolset.notes) :]
    return "\n".join(notes) or "prompts list all tools"


def _line(name: str, tokens: str) -> str:
    return f"{on_one_line(name):<{_WIDTH}}{tokens:>8}"
