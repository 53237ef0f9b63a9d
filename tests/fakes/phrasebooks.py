"""A small book for the four tools of git in ``tests/fakes/toolsets.py``."""

from pathlib import Path

from tasks.domain.writing.phrasebook import Line, read_phrasebook

TEXTS = Path(__file__).with_name("small.phrasebook.jsonl").read_text(encoding="utf-8")


def book_lines(texts: str = TEXTS) -> tuple[Line, ...]:
    """The lines, each with its place."""
    return read_phrasebook(texts, "small.jsonl")
