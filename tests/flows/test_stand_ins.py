"""A stand-in of each model this project is for goes from its base to its bundle.

Vocabulary, template, tokenizer class, kind of layers and 4 bit are those of the model.
"""

import json
import os
from pathlib import Path

import pytest

from flows.forge import forge
from tests.fakes.own_profiles import profile, stand_in, write
from tests.fakes.stand_ins import missing_vocabularies, write_qwen, write_r1
from tests.helpers.needs import need
from tests.helpers.trl_templates import shipped_with_trl

QWEN = {  # sizes that tell the two apart, as their own do
    "qwen-2.5-7b": {"num_key_value_heads": 1},
    "qwen-2.5": {"num_hidden_layers": 3},
}


@pytest.fixture(scope="module", autouse=True)
def vocabularies() -> None:
    """Those that come with llama.cpp's converter."""
    need(*missing_vocabularies("llama-bpe", "qwen2"))


@pytest.mark.usefixtures("llama_cpp", "prefect_api")
@pytest.mark.parametrize("name", ["deepseek-r1", *QWEN])
def test_a_stand_in_goes_from_its_base_to_its_bundle(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "deepseek-r1":
        base = write_r1(tmp_path / "base")
    else:
        base = write_qwen(tmp_path / "base", shipped_with_trl("qwen2_5.jinja"), **QWEN[name])
    write(
        tmp_path / "profiles",
        {f"models/{name}": stand_in(name, base), "training/tiny": profile()},
    )
    monkeypatch.setenv("MCP_FORGE_PROFILES", str(tmp_path / "profiles"))
    monkeypatch.setenv("MCP_FORGE_DIST", str(tmp_path))
    bundle = forge("time", name, "tiny", output=str(tmp_path / "bundle"))
    assert (bundle.server, bundle.model) == ("time", name)
    folder = Path(bundle.path)
    assert len(list(folder.glob("*.gguf"))) == 1
    assert (folder / "Modelfile").is_file()
    agent = (folder / "agent.yaml").read_text("utf-8")
    assert name in agent
    tools = json.loads((folder / "tools.json").read_text("utf-8"))
    assert {tool["function"]["name"] for tool in tools} == {"get_current_time", "convert_time"}
    assert list((Path(os.environ["MCP_FORGE_HOME"]) / "storage" / "merged").iterdir()) == []
