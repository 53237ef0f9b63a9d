"""A merge made tensor by tensor is the one that PEFT makes of whole models, in a bounded memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from profiles import Architecture
from tasks.domain.errors import UnusableModel
from tasks.domain.training.export_memory import export_memory
from tasks.domain.training.sizes import largest_linear
from tasks.external.trainer.merging import merge
from tasks.external.trainer.weights import precision
from tests.fakes.models import MODULES, SIZES, stir

LARGE = {
    "vocab_size": 500,
    "hidden_size": 512,
    "intermediate_size": 2048,
    "num_hidden_layers": 24,
    "num_attention_heads": 8,
    "num_key_value_heads": 8,
    "tie_word_embeddings": False,
}
SHARD = 8 * 2**20
MEASURED = """
import sys
from pathlib import Path
from tasks.external.trainer.merging import merge
from benchmarks.kernel_facts import peak_bytes

base, adapter, warm, target = map(Path, sys.argv[1:5])
peaks = []
for source, folder in ((warm, target / "warm"), (base, target / "merged")):
    merge(source, adapter if source == base else None, folder, in_4bit=True, shard_bytes=%d)
    peaks.append(peak_bytes())
print(*peaks)
"""


def written(folder: Path, **changes: Any) -> Path:
    """A base in bfloat16 with weights in several files."""
    torch.manual_seed(3407)
    model = LlamaForCausalLM(LlamaConfig(**SIZES | changes)).to(torch.bfloat16)
    model.save_pretrained(str(folder), max_shard_size="40KB" if not changes else "32MB")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    return folder


def adapted(base: Path, folder: Path, **changes: Any) -> Path:
    """An adapter that says something."""
    plain = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=MODULES, **changes)
    model = get_peft_model(plain, config)
    stir(model)
    model.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("base"))


def as_opened(base: Path) -> Any:
    """The base as a training in 4 bit opens it, its rounded weights whole again, in float32."""
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn import Linear4bit
    from unsloth import FastLanguageModel

    opened, _ = FastLanguageModel.from_pretrained(
        str(base), load_in_4bit=True, dtype=precision(), local_files_only=True
    )
    plain = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    rounded = {
        f"{name}.weight": dequantize_4bit(module.weight.data, module.weight.quant_state)
        for name, module in opened.named_modules()
        if isinstance(module, Linear4bit)
    }
    assert len(rounded) == 14
    plain.load_state_dict(dict(opened.named_parameters()) | rounded, strict=False)
    return plain


def whole(folder: Path) -> dict[str, torch.Tensor]:
    """All tensors of a model folder."""
    return {k: v for path in folder.glob("*.safetensors") for k, v in load_file(path).items()}


@pytest.mark.parametrize("changes", [{}, {"use_rslora": True, "alpha_pattern": {"q_proj": 3}}])
@pytest.mark.parametrize("tied", [True, False])
def test_the_merged_weights_are_those_of_peft_bit_for_bit(
    changes: dict[str, Any], tied: bool, tmp_path: Path
) -> None:
    base = written(tmp_path / "base", tie_word_embeddings=tied)
    adapter = adapted(base, tmp_path / "adapter", **changes)
    merge(base, adapter, tmp_path / "merged")
    plain = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    model = PeftModel.from_pretrained(plain, str(adapter)).merge_and_unload(safe_merge=True)
    model.to(torch.float16).save_pretrained(str(tmp_path / "expected"))
    found, expected = whole(tmp_path / "merged"), whole(tmp_path / "expected")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert ("lm_head.weight" in found) != tied


def test_an_adapter_of_4_bit_is_added_to_the_weights_that_training_computed_with(
    tiny_base: Path, tmp_path: Path
) -> None:
    adapter = adapted(tiny_base, tmp_path / "adapter")
    merge(tiny_base, adapter, tmp_path / "merged", in_4bit=True)
    model = PeftModel.from_pretrained(as_opened(tiny_base), str(adapter))
    model.merge_and_unload(safe_merge=True).to(torch.float16).save_pretrained(tmp_path / "expected")
    found, expected = whole(tmp_path / "merged"), whole(tmp_path / "expected")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_a_merged_folder_opens_as_one_model_however_many_files_it_has(
    base: Path, tmp_path: Path
) -> None:
    assert len(list(base.glob("*.safetensors"))) > 2
    for name, shard_bytes in (("one", 2**30), ("many", 40_000)):
        merge(base, None, tmp_path / name, shard_bytes=shard_bytes)
    assert len(list((tmp_path / "one").glob("*.safetensors"))) == 1
    assert len(list((tmp_path / "many").glob("*.safetensors"))) > 2
    one, many = (
        AutoModelForCausalLM.from_pretrained(str(tmp_path / name)).state_dict()
        for name in ("one", "many")
    )
    assert one.keys() == many.keys()
    assert all(torch.equal(one[name], many[name]) for name in one)
    assert {value.dtype for value in one.values()} == {torch.float16}
    config = json.loads((tmp_path / "many" / "config.json").read_text("utf-8"))
    assert config["dtype"] == "float16"
    assert (tmp_path / "many" / "generation_config.json").is_file()


def test_a_base_that_lacks_a_tensor_is_named_with_it(base: Path, tmp_path: Path) -> None:
    weights = whole(base)
    del weights["model.layers.1.mlp.up_proj.weight"]
    (tmp_path / "config.json").write_bytes((base / "config.json").read_bytes())
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UnusableModel, match=r"no tensor 'model\.layers\.1\.mlp\.up_proj\.weight'"):
        merge(tmp_path, None, tmp_path / "merged")


@pytest.mark.parametrize("value", [float("nan"), 1e6])
def test_a_sum_that_float16_does_not_hold_is_named(
    value: float, base: Path, tmp_path: Path
) -> None:
    adapter = adapted(base, tmp_path / "adapter")
    path = adapter / "adapter_model.safetensors"
    weights = load_file(path)
    name = "base_model.model.model.layers.0.self_attn.v_proj.lora_B.weight"
    weights[name] = weights[name] * 0 + value
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(UnusableModel, match=r"layers\.0\.self_attn\.v_proj\.weight: .*float16"):
        merge(base, adapter, tmp_path / "merged")


def test_memory_is_bounded_by_a_few_tensors_and_not_by_the_model(
    base: Path, tmp_path: Path
) -> None:
    """Above a merge of the smallest model, in a process of its own."""
    large = written(tmp_path / "large", **LARGE)
    adapter = adapted(large, tmp_path / "adapter")
    size = sum(path.stat().st_size for path in large.glob("*.safetensors"))
    assert size > 200 * 10**6
    folders = [str(path) for path in (large, adapter, base, tmp_path)]
    output = subprocess.run(
        [sys.executable, "-c", MEASURED % SHARD, *folders],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    least, peak = map(int, output.split()[-2:])
    shape = Architecture.model_validate(LARGE)
    # As export_memory counts them, on a CPU; 48 MiB for what the allocator keeps.
    bound = SHARD + (16 + 10) * largest_linear(shape) + 48 * 2**20
    assert peak - least < bound < size / 2
    assert peak < export_memory(shape, True, on_gpu=False).host
    assert whole(tmp_path / "merged").keys() == whole(large).keys()
