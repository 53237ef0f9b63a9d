"""The project speaks the field's English: coined words do not come back."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("flows", "tasks", "profiles", "infra", "benchmarks", "docs")
HISTORY = {"decisions.md", "experiments.md"}
"""Pages that tell what things were called when they were decided or measured."""
COINED = {
    "Purse": "Budget",
    "Wish": "DrawOptions",
    "Listener": "ToolContext",
    "TypedPrompt": "HandWrittenPrompt",
    "rungs?": "memory fallbacks",
    "near[ _-]miss(es)?": "hard negatives",
    "errands?": "off-topic requests",
    "typed prompts?": "hand-written test prompts",
    "(spoken|near_miss|several|varied_lists)_share": "the keys of profiles/section.py",
    "right tool": "tool-selection accuracy",
}


@pytest.mark.parametrize("coined", COINED)
def test_the_fields_terms_are_used(coined: str) -> None:
    pattern = re.compile(rf"(?<![\w.]){coined}(?!\w)")
    files = [
        file
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".md", ".toml"} and file.name not in {*HISTORY, "section.py"}
    ]
    lines = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in [*files, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not lines, f"needed {COINED[coined]!r} instead of {coined!r}:\n" + "\n".join(lines)
