"""Stage: one step with packs beside separate rows, loss and every gradient, on models in NF4.

On a GPU packs go through Unsloth's prefix kernel, in bfloat16 under autocast as a training computes
and in float32. Padded rows stand beside them: what these are off by is rounding, not packs.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from benchmarks.gpu import material
from benchmarks.gpu.material import TINY
from benchmarks.gpu.stage import Measured, Plan, tried
from profiles import load_model, load_profile
from tasks.domain.gate.token_rules import EncodedRow

FAMILIES = {"llama": TINY, "qwen2": TINY.model_copy(update={"attention_bias": True})}
Gradients = dict[str, Any]


def measure(plan: Plan) -> Measured:
    """Both families, in both precisions; on a CPU in float32, by the attention used there."""
    import torch

    precisions = ["bfloat16", "float32"] if torch.cuda.is_available() else ["float32"]
    rows = material.random_rows(6, prefix=64 if plan.tiny else 300, own=(20, 150))
    for family, shape in FAMILIES.items():
        base = material.random_base(shape, plan.work / f"kernel-{family}", in_4bit=True)
        for precision in precisions:
            result = tried(partial(compare, base, precision, rows))
            yield f"{family} {precision}", result


def compare(base: Any, precision: str, encoded: list[EncodedRow]) -> dict[str, Any]:
    """How far packs, and padded rows, are from rows that are computed one by one."""
    import torch

    from tasks.external.trainer.engine import prepare_dataset

    # isort: split
    from tasks.external.trainer.batches import PaddedBatch, SharedPrefixPacks, in_parts

    model, rows = _opened(base, precision), list(prepare_dataset(encoded))
    pad = 2
    alone = [PaddedBatch(pad)([row]) for row in rows]
    packs = list(in_parts(SharedPrefixPacks(4096)(rows), 1))
    loss, expected = _step(model, alone, precision)
    padded_loss, padded = _step(model, [PaddedBatch(pad)(rows)], precision)
    packed_loss, packed = _step(model, packs, precision)
    errors = _errors(expected, packed)
    return {
        "rows": len(rows),
        "tokens_of_rows": sum(len(row["input_ids"]) for row in rows),
        "tokens_of_packs": sum(pack["input_ids"].numel() for pack in packs),
        "loss": {"rows": loss, "packs": packed_loss, "padded": padded_loss},
        "loss_error": abs(packed_loss / loss - 1),
        "loss_error_of_padded_rows": abs(padded_loss / loss - 1),
        "gradient_errors": errors,
        "largest_gradient_error": max(errors.values()),
        "largest_gradient_error_of_padded_rows": max(_errors(expected, padded).values()),
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
    }


def _opened(base: Any, precision: str) -> Any:
    """The model with an adapter that is not nothing, so that every weight has a gradient."""
    from unsloth import FastLanguageModel

    # isort: split
    import torch

    from tasks.external.trainer.engine import put_adapter

    profile = load_profile("fast_dev")
    training = profile.training.model_copy(update={"gradient_checkpointing": "off"})
    loaded, _ = FastLanguageModel.from_pretrained(
        str(base),
        max_seq_length=training.max_seq_length,
        load_in_4bit=load_model("deepseek-r1").load_in_4bit,
        dtype=getattr(torch, precision),
        local_files_only=True,
    )
    model = put_adapter(loaded, profile.lora, training)
    torch.manual_seed(3407)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.normal_(std=0.05)
    return model.train()


def _step(model: Any, parts: list[dict[str, Any]], precision: str) -> tuple[float, Gradients]:
    """Loss and gradients of one step; every part weighs as much as it has labels."""
    from tasks.external.trainer.batches import labels_of

    model.zero_grad(set_to_none=True)
    labels, total = sum(map(labels_of, parts)), 0.0
    for part in parts:
        with _as_trained(model, part, precision) as inputs:
            loss = model(**inputs, use_cache=False).loss * labels_of(part) / labels
        loss.backward()
        total += loss.item()
    named = ((n, v.grad) for n, v in model.named_parameters() if v.requires_grad)
    return total, {name: gradient.detach().float().clone() for name, gradient in named}


@contextmanager
def _as_trained(model: Any, part: dict[str, Any], precision: str) -> Iterator[dict[str, Any]]:
    """The precision and the attention that a training has for this part, and the part for it."""
    import torch

    from tasks.external.trainer import attention, gpu_kernel
    from tasks.external.trainer.batches import is_packed

    on_device = {name: value.to(model.device) for name, value in part.items()}
    with ExitStack() as stack:
        if precision != "float32":
            stack.enter_context(torch.autocast("cuda", getattr(torch, precision)))
        if is_packed(part) and torch.cuda.is_available():
            on_device = gpu_kernel.with_layout(on_device)
        elif is_packed(part):
            stack.enter_context(attention.over_packs(model))
        yield on_device


def _errors(expected: Gradients, result: Gradients) -> dict[str, float]:
    """Per kind of weight the largest error of one: the norm of the difference over the norm."""
    errors: dict[str, float] = {}
    for name, gradient in expected.items():
        kind = ".".join(part for part in name.split(".") if part.endswith(("_proj", "_A", "_B")))
        error = float((result[name] - gradient).norm() / gradient.norm())
        errors[kind] = max(error, errors.get(kind, 0.0))
    return errors
