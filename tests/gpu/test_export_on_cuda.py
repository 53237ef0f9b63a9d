"""Packs and exports of 4-bit models on a GPU. Never run where this was written."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu import kernel, material
from profiles import load_model, load_profile

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
@pytest.mark.parametrize("family", kernel.FAMILIES)
def test_packs_have_the_gradients_of_separate_rows_on_cuda(
    family: str, precision: str, tmp_path: Path
) -> None:
    """In float32 nearly, in bfloat16 as nearly as padded rows have them."""
    base = material.random_base(kernel.FAMILIES[family], tmp_path / family, in_4bit=True)
    found = kernel.compare(base, precision, material.random_rows(6, prefix=300, own=(20, 150)))
    rounding = found["largest_gradient_error_of_padded_rows"]
    assert found["largest_gradient_error"] <= max(1e-3, 3 * rounding)
    assert found["loss_error"] <= max(1e-5, 3 * found["loss_error_of_padded_rows"])
    assert found["tokens_of_packs"] < found["tokens_of_rows"]


def test_the_merged_model_says_what_the_4_bit_model_and_its_adapter_say_on_cuda(
    tmp_path: Path,
) -> None:
    """And its GGUF file is written; both by the calls that an export makes."""
    from tasks.external.trainer import engine

    # isort: split
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from tasks.external.llama_cpp import convert
    from tasks.external.trainer.merging import merge

    profile, shape = load_profile("fast_dev"), material.TINY
    base = material.random_base(shape, tmp_path / "base", in_4bit=True)
    adapter = material.random_adapter(shape, profile.lora, tmp_path / "adapter")
    ids = torch.tensor([list(material.random_rows(1, prefix=40, own=(1, 1))[0].ids)], device="cuda")

    def logits(model: Any) -> Any:
        with torch.no_grad():
            return model.eval()(input_ids=ids).logits[0].float()

    opened, _ = engine.open_base(base, load_model("deepseek-r1"), profile.training)
    expected = logits(PeftModel.from_pretrained(opened, str(adapter)))
    merge(base, adapter, tmp_path / "merged", in_4bit=True)
    merged = AutoModelForCausalLM.from_pretrained(str(tmp_path / "merged"), dtype=torch.float32)
    found = logits(merged.to("cuda"))
    assert float((found - expected).abs().max() / expected.abs().max()) <= 3e-2
    convert(tmp_path / "merged", tmp_path / "model.gguf", "q8_0")
    assert (tmp_path / "model.gguf").stat().st_size > 2 * 10**7
