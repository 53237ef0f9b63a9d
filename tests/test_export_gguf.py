"""An export leaves nothing of its work behind, whether it comes to its end or not."""

import shutil
from pathlib import Path

import pytest

from profiles import load_model
from profiles.settings import Settings
from tasks.domain.errors import ExportFailed
from tasks.domain.products import BaseModelFolder
from tasks.export_gguf import export_gguf
from tasks.external.storage import Storage
from tests.fakes.templates import turns_of


def test_the_merged_model_lies_in_the_storage_and_is_gone_after_a_failure(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The converter that fails says first what it was given."""
    seen = tmp_path / "seen"
    converter = tmp_path / "llama.cpp" / "convert_hf_to_gguf.py"
    converter.parent.mkdir()
    program = "import pathlib, sys\npathlib.Path({!r}).write_text(sys.argv[1])\nsys.exit('broken')"
    converter.write_text(program.format(str(seen)), encoding="utf-8")
    monkeypatch.setenv("MCP_FORGE_LLAMA_CPP_DIR", str(converter.parent))
    monkeypatch.setenv("MCP_FORGE_HOME", str(tmp_path / "home"))
    storage = Storage()
    with storage.writing("bases", "tiny") as draft:
        shutil.copytree(tiny_base, draft)
        files = storage.keep(draft, "bases", "tiny")
    base = BaseModelFolder(
        model="tiny", files=files, origin="here", licence="MIT", turns=turns_of("smollm2")
    )
    with pytest.raises(ExportFailed, match="broken"):
        export_gguf.fn(base, None, load_model("smollm2"), "q8_0")
    merged = Path(seen.read_text("utf-8"))
    assert merged.is_relative_to(Settings().home / "storage")
    assert not merged.exists()
    assert list(merged.parent.iterdir()) == []
