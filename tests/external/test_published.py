"""The tools of the last published bundle are kept in the storage, whatever kind it is."""

from pathlib import Path
from uuid import uuid4

import pytest

from tasks.domain.errors import UnusableData
from tasks.external.published import recall, remember
from tests.fakes.toolsets import CLOCKS


@pytest.mark.parametrize("kind", ["a folder", "memory://"])
def test_what_was_published_last_is_recalled(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(tmp_path) if kind == "a folder" else f"memory://{uuid4().hex}"
    monkeypatch.setenv("MCP_FORGE_STORAGE", root)
    monkeypatch.setenv("MCP_FORGE_HOME", str(tmp_path / "home"))
    assert recall("clocks", "tiny") is None
    remember(CLOCKS, "tiny")
    fewer = CLOCKS.model_copy(update={"tools": CLOCKS.tools[:1]})
    remember(fewer, "tiny")
    assert recall("clocks", "tiny") == fewer
    assert recall("clocks", "another") is None


def test_a_record_that_is_no_tool_list_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_STORAGE", str(tmp_path))
    record = tmp_path / "published" / "clocks-tiny.json"
    record.parent.mkdir()
    record.write_text("{}", encoding="utf-8")
    with pytest.raises(UnusableData, match=r"clocks-tiny\.json: not a tool list: server: Field"):
        recall("clocks", "tiny")
