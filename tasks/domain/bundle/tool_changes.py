"""What is different between two lists of a server's tools, tool by tool."""

from typing import final

from pydantic import Field

from tasks.domain import Frozen
from tasks.domain.products import Tool, Toolset
from tasks.domain.reports import cell


@final
class ToolChanges(Frozen):
    """The names of the tools that came, went, or say something else than before."""

    server: str
    was: str
    """Fingerprint of the tools before."""
    now: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: dict[str, tuple[str, ...]] = Field(default={})
    """For each tool that stayed: which of its description and input_schema is another."""

    @property
    def names(self) -> tuple[str, ...]:
        """The tools that a model does not know as they are now."""
        return (*self.added, *self.removed, *self.changed)


def compare(before: Toolset, after: Toolset) -> ToolChanges | None:
    """What a model that learned ``before`` does not know of ``after``; None when nothing."""
    if before.fingerprint == after.fingerprint:
        return None
    old, new = ({tool.name: tool for tool in toolset.tools} for toolset in (before, after))
    differing = {name: _differences(old[name], new[name]) for name in old if name in new}
    return ToolChanges(
        server=after.server,
        was=before.fingerprint,
        now=after.fingerprint,
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        changed={name: parts for name, parts in differing.items() if parts},
    )


def changes_markdown(changes: ToolChanges) -> str:
    """The changes as a table: one row for each tool."""
    rows = [
        *((name, "added") for name in changes.added),
        *((name, "removed") for name in changes.removed),
        *((name, f"other {' and '.join(parts)}") for name, parts in changes.changed.items()),
    ]
    table = "\n".join(f"| {cell(name)} | {what} |" for name, what in rows)
    return (
        f"# Tools of {changes.server} have changed\n\n"
        f"Fingerprint `{changes.was[:12]}…` → `{changes.now[:12]}…`\n\n"
        f"| tool | change |\n|---|---|\n{table or '| all | another order |'}\n"
    )


def _differences(before: Tool, after: Tool) -> tuple[str, ...]:
    parts = ("description", "input_schema")
    return tuple(part for part in parts if getattr(before, part) != getattr(after, part))
