"""The project speaks the field's English: coined words do not come back."""

import ast
import re
from collections.abc import Iterator
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
BARE = {
    *("asked", "called", "chosen", "drawn", "found", "given", "heard", "kept", "known", "made"),
    *("meant", "needed", "said", "seen", "shown", "taken", "told", "wanted", "written"),
}
"""What a value has been through says nothing of what it holds: a name is a noun. With a noun behind
it such a word may stand: ``chosen_tools``."""
STORED = {("conversations.py", "shown")}
"""Keys of rows, which files hold that people keep."""


def bindings(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every name that code gives to something, and its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name, node.lineno


def test_all_folders_are_looked_at() -> None:
    assert all((ROOT / folder).is_dir() for folder in FOLDERS)


def test_a_name_says_what_it_holds() -> None:
    names = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*.py")
        for name, line in bindings(ast.parse(file.read_text(encoding="utf-8")))
        if name.strip("_").lower() in BARE and (file.name, name) not in STORED
    ]
    assert not names, "bare participles; name what they hold, with a noun:\n" + "\n".join(names)


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
