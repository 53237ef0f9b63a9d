"""What an operator would read of faults in the logs of the server, the workers and their runs."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.scale.findings import error_in

_WORDS = ("database is locked", "Failed in consume_loop", "dropping")
_BEGINNING = "Traceback (most recent call last):"
_ERROR = re.compile(r"^[\w.]*[A-Z]\w+(: |$)")
"""The line that ends a traceback: the error's name stands at its beginning."""


def words(folder: Path) -> dict[str, int]:
    """How often faults stand in all logs."""
    texts = [log.read_text("utf-8", errors="replace") for log in folder.glob("*.log")]
    counted = {word: sum(text.count(word) for text in texts) for word in _WORDS}
    return counted | {"lines": sum(text.count("\n") for text in texts)}


def tracebacks(folder: Path) -> Counter[str]:
    """How many tracebacks ended in which error, by log."""
    return Counter(
        f"{log.stem}: {error}"
        for log in sorted(folder.glob("*.log"))
        for error in _errors(log.read_text("utf-8", errors="replace"))
    )


def unexplained(folder: Path) -> list[str]:
    """Those that are not of a refusal: Prefect writes one wherever a task or a run fails."""
    return [error for error in tracebacks(folder) if not error_in(error)]


def _errors(text: str) -> Iterator[str]:
    lines = iter(text.splitlines())
    for line in lines:
        if _BEGINNING in line:
            yield next((end for end in lines if _ERROR.match(end)), "unended")[:200]
