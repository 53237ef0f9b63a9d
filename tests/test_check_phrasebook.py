"""A phrasebook is checked against a tool list, and then knows its tools."""

import json
from pathlib import Path

import pytest

from flows.phrasebook_commands import CheckPhrasebook
from profiles import Server
from tasks.check_phrasebook import check_book
from tasks.domain.errors import ForgeError, UnusableData
from tasks.domain.toollists import as_tools_list
from tasks.domain.writing.book.fingerprints import schema_fingerprint, schemas_of_book
from tasks.domain.writing.phrasebook import read_phrasebook
from tests.fakes.phrasebooks import TEXTS
from tests.fakes.toolsets import REPOSITORY, VERSIONS


@pytest.fixture
def listed(tmp_path: Path) -> Server:
    """The tool list in a file, the repository being a constant."""
    file = tmp_path / "tools.json"
    file.write_text(json.dumps(as_tools_list(VERSIONS)), encoding="utf-8")
    return Server(name="mine", tools_file=str(file), constants=REPOSITORY.constants)


def book(folder: Path, text: str) -> Path:
    file = folder / "mine.jsonl"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def few_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of one's own whose limits a small book reaches."""
    (tmp_path / "phrasebooks").mkdir()
    limits = "requests = 4\nclarifying = 2\ncalls = 3\nunsupported = 3\nvalues = 8\nalike = 0.93\n"
    file = tmp_path / "phrasebooks" / "limits.toml"
    file.write_text(f"{limits}most_words = 25\n", encoding="utf-8")
    monkeypatch.setenv("MCP_FORGE_PROFILES", str(tmp_path))
    monkeypatch.setenv("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")


def test_a_book_without_faults_notes_the_schemas_of_its_tools(
    listed: Server, tmp_path: Path
) -> None:
    file = book(tmp_path, TEXTS)
    first = check_book(str(file), listed, write=True)
    assert first.faults == ()
    assert any("--write" in note for note in first.notes)
    written = schemas_of_book(read_phrasebook(file.read_text("utf-8"), "mine.jsonl"))
    assert written == {tool.name: schema_fingerprint(tool) for tool in VERSIONS.tools}
    again = check_book(str(file), listed)
    assert not any("--write" in note for note in again.notes)


def test_a_book_of_an_editor_that_marks_its_files_is_read(listed: Server, tmp_path: Path) -> None:
    assert check_book(str(book(tmp_path, f"\ufeff{TEXTS}")), listed).faults == ()


def test_a_faulty_book_stays_as_it_is(listed: Server, tmp_path: Path) -> None:
    faulty = TEXTS + '{"kind":"request","tool":"git_push","text":"push"}\n'
    file = book(tmp_path, faulty)
    assert len(check_book(str(file), listed, write=True).faults) == 1
    assert file.read_text("utf-8") == faulty


def test_the_command_says_each_fault_on_its_line_and_fails(
    listed: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = book(tmp_path, TEXTS + '{"kind":"request","tool":"git_push","text":"push"}\n')
    with pytest.raises(ForgeError, match="faults, needed none"):
        CheckPhrasebook(file=str(file), tools=listed.tools_file).cli_cmd()
    said = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"{file}:33: no tool 'git_push'") for line in said)


def test_all_lines_that_cannot_be_read_are_told_at_once(listed: Server, tmp_path: Path) -> None:
    file = book(tmp_path, TEXTS + 'no JSON\n{"kind":"chat","text":"an {open","reply":"x"}\n')
    first, second = check_book(str(file), listed).faults
    assert first.startswith(f"{file}:33: not JSON")
    assert second.startswith(f"{file}:34: text: a single '{{'")


def test_a_book_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="cannot be read"):
        check_book(str(tmp_path / "none.jsonl"), None)
