"""The terminal of a command: a line for each stage, and a bar while something takes long."""

import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Never, TextIO

from tqdm import tqdm

from tasks.domain.training.memory import GIB

STREAM: ContextVar[TextIO | None] = ContextVar("the terminal of this command", default=None)
"""Where a command has put its terminal; else standard error."""
NEWS = logging.getLogger("mcp_forge.news")
"""What a person at a terminal is told of a run."""


def bar(description: str, total: int, initial: int) -> "tqdm[Never]":
    """A bar with the time that is left; none where the terminal is a file, and gone at its end."""
    stream = STREAM.get() or sys.stderr
    return tqdm(
        total=total, initial=initial, desc=description, file=stream, leave=False, disable=None
    )


def stage(name: str, seconds: float, cached: bool, facts: Mapping[str, object]) -> str:
    """Show the line of a stage that is done; the line."""
    line = stage_line(name, seconds, cached, facts)
    NEWS.info("%s", line)
    return line


def stage_line(name: str, seconds: float, cached: bool, facts: Mapping[str, object]) -> str:
    """What was done, how long it took and what came of it, in figures."""
    took = "cached" if cached else duration(seconds)
    figures = ", ".join(
        _figure(key, value)
        for key, value in facts.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    )
    return f"{name.replace('_', ' '):20}{took:>10}  {figures}".rstrip()


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02}"


def _figure(key: str, value: float) -> str:
    if key.endswith("bytes"):
        return f"{value / GIB:.1f} GiB"
    if key == "seconds":
        return duration(value)
    figure = f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
    return f"{key.replace('_', ' ')} {figure}"
