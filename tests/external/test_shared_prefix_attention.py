"""The attention over a pack equals a dense mask's, and the pack equals separate rows."""

import random
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra «train» is not installed")
from transformers import (  # noqa: E402
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from tasks.external.trainer import attention  # noqa: E402
from tasks.external.trainer.batches import IGNORED, PaddedBatch, SharedPrefixPack  # noqa: E402

SIZES = {
    "vocab_size": 500,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "tie_word_embeddings": True,
}


def _llama() -> Any:
    return LlamaForCausalLM(LlamaConfig(**SIZES))


def _qwen2() -> Any:
    return Qwen2ForCausalLM(Qwen2Config(**SIZES))


def _rows(lengths: tuple[int, ...], prefix: int = 50) -> list[dict[str, Any]]:
    rng = random.Random(7)
    shared = [rng.randrange(500) for _ in range(prefix)]
    rows = []
    for number, length in enumerate(lengths):
        own = [number] + [rng.randrange(500) for _ in range(length - 1)]
        untrained = prefix + 1 + number % 3
        ids = shared + own
        rows.append({"input_ids": ids, "labels": [IGNORED] * untrained + ids[untrained:]})
    return rows


def _loss_and_gradients(model: Any, implementation: str, batch: dict[str, Any]) -> Any:
    model.set_attn_implementation(implementation)
    model.zero_grad()
    loss = model(**batch).loss
    loss.backward()
    gradients = {name: value.grad.clone() for name, value in model.named_parameters()}
    return loss.item(), gradients


def _largest_difference(left: dict[str, Any], right: dict[str, Any]) -> float:
    """Over all parameters, relative to each one's largest gradient."""
    return max(
        float((left[n] - right[n]).abs().max() / left[n].abs().max().clamp_min(1e-12)) for n in left
    )


@pytest.mark.parametrize("make", [_llama, _qwen2])
@pytest.mark.parametrize("lengths", [(5, 17, 9, 30), (8,), (6, 6)])
def test_a_packs_loss_and_gradients_are_those_of_separate_rows(
    make: Any, lengths: tuple[int, ...]
) -> None:
    """Relative error at most 1e-5 in float32, against padded rows and plain attention."""
    torch.manual_seed(0)
    attention.register()
    model, rows = make(), _rows(lengths)
    expected, wanted = _loss_and_gradients(model, "sdpa", PaddedBatch(0)(rows))
    loss, gradients = _loss_and_gradients(model, attention.NAME, SharedPrefixPack()(rows))
    assert loss == pytest.approx(expected, rel=1e-5)
    assert _largest_difference(wanted, gradients) < 1e-5


def test_the_dense_mask_of_a_pack_says_the_same_as_its_positions() -> None:
    torch.manual_seed(0)
    attention.register()
    model, pack = _llama(), SharedPrefixPack()(_rows((12, 3, 25)))
    expected, wanted = _loss_and_gradients(model, "sdpa", pack)
    loss, gradients = _loss_and_gradients(model, attention.NAME, pack)
    assert loss == pytest.approx(expected, rel=1e-6)
    assert _largest_difference(wanted, gradients) < 1e-5


def test_rows_with_different_tool_lists_share_only_what_is_the_same() -> None:
    torch.manual_seed(0)
    attention.register()
    model = _llama()
    rows = [*_rows((9, 4), prefix=30), *_rows((7,), prefix=20)]
    expected, wanted = _loss_and_gradients(model, "sdpa", PaddedBatch(0)(rows))
    loss, gradients = _loss_and_gradients(model, attention.NAME, SharedPrefixPack()(rows))
    assert loss == pytest.approx(expected, rel=1e-5)
    assert _largest_difference(wanted, gradients) < 1e-5


def test_the_layout_of_a_pack_is_read_from_its_positions() -> None:
    assert attention.pack_layout([0, 1, 2, 3, 4, 3, 4, 5, 3]) == (3, [3, 5, 8, 9])


def test_a_pack_of_one_row_shares_nothing() -> None:
    assert attention.pack_layout([0, 1, 2, 3]) == (0, [0, 4])
