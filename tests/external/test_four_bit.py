"""Weights rounded to NF4 by bitsandbytes on the CPU: trained beside, and merged into 16 bit."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from profiles import load_model
from tasks.external.trainer import engine
from tasks.external.trainer.merging import merge, save_adapter
from tasks.external.trainer.weights import precision
from tests.helpers.training import LORA, Recorder, difference, rows, settings, weights

MODEL = load_model("smollm2").model_copy(update={"load_in_4bit": True})


def rounded(model: Any) -> dict[str, torch.Tensor]:
    """The packed 4-bit weights: two to a byte."""
    from bitsandbytes.nn import Linear4bit

    found = {n: m.weight for n, m in model.named_modules() if isinstance(m, Linear4bit)}
    assert {weight.quant_state.quant_type for weight in found.values()} == {"nf4"}
    assert {weight.dtype for weight in found.values()} == {torch.uint8}
    return {name: weight.detach().clone() for name, weight in found.items()}


@pytest.fixture(scope="module")
def tuned(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A training of a few steps beside 4-bit weights, and its adapter."""
    training = settings(max_steps=6)
    model, tokenizer = engine.load_model(tiny_base, MODEL, LORA, training)
    before = rounded(model)
    data = rows(tiny_base)
    checkpoints = tmp_path_factory.mktemp("checkpoints")
    record = engine.train(model, tokenizer, data, None, training, checkpoints, Recorder())
    adapter = tmp_path_factory.mktemp("adapter")
    save_adapter(model, adapter)
    return locals()


def logits(model: Any, tuned: dict[str, Any]) -> torch.Tensor:
    """What a model says after each token of one training row; float32 [tokens, vocabulary]."""
    ids = torch.tensor([tuned["data"][0]["input_ids"]])
    with torch.no_grad():
        said: torch.Tensor = model.eval()(input_ids=ids).logits[0].float()
    return said


def merged(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)


def test_an_adapter_is_trained_beside_4_bit_weights(tuned: dict[str, Any]) -> None:
    record = tuned["record"]
    assert len(tuned["before"]) == 14
    assert record.final_loss < record.first_loss - 1
    assert difference(tuned["before"], rounded(tuned["model"])) == 0
    assert all(float(v.abs().max()) > 0 for v in weights(tuned["model"], adapter=True).values())


def test_the_merged_model_says_what_the_4_bit_model_and_its_adapter_say(
    tuned: dict[str, Any], tiny_base: Path, tmp_path: Path
) -> None:
    """Measured: 2e-3 of the largest logit; into the weights before their rounding: 0.35."""
    expected = logits(tuned["model"], tuned)
    errors = {}
    for in_4bit in (True, False):
        merge(tiny_base, tuned["adapter"], tmp_path / str(in_4bit), in_4bit=in_4bit)
        found = logits(merged(tmp_path / str(in_4bit)), tuned)
        errors[in_4bit] = float((found - expected).abs().max() / expected.abs().max())
    assert errors[True] <= 5e-3, errors
    assert errors[False] > 20 * errors[True], errors


def test_a_base_that_is_stored_in_4_bit_is_merged_in_16(
    tuned: dict[str, Any], tiny_base: Path, tmp_path: Path
) -> None:
    from unsloth import FastLanguageModel

    stored = tmp_path / "stored"
    loaded, tokenizer = FastLanguageModel.from_pretrained(
        str(tiny_base), load_in_4bit=True, dtype=precision(), local_files_only=True
    )
    loaded.save_pretrained(str(stored))
    tokenizer.save_pretrained(str(stored))
    merge(stored, tuned["adapter"], tmp_path / "merged")
    config = json.loads((tmp_path / "merged" / "config.json").read_text(encoding="utf-8"))
    assert "quantization_config" not in config
    merge(tiny_base, tuned["adapter"], tmp_path / "expected", in_4bit=True)
    found, expected = (merged(tmp_path / name).state_dict() for name in ("merged", "expected"))
    assert difference(found, expected) == 0
