"""Stage: models of the shape of the three large ones, random weights in NF4: memory and speed.

Each is opened once; the adapters of the three profiles follow each other on it.
"""

import gc
import shutil
import time
from typing import Any

from benchmarks.gpu import material
from benchmarks.gpu.material import TINY
from benchmarks.gpu.stage import Measured, Plan
from benchmarks.one_training import profile_of, summary, trained
from profiles import Architecture, Model, Profile, load_model, load_profile
from tasks.domain.gate.token_rules import EncodedRow
from tasks.domain.training.memory import Estimate, choose, lengths_of
from tasks.external.machine import look_at_device

MODELS = ("deepseek-r1", "qwen-2.5-7b", "qwen-2.5")
EXPORTED = "deepseek-r1"
"""The one whose base stays on the disk, for the next stage."""
PROFILES = ("fast_dev", "balanced", "max_quality")
STOCK = "balanced"
"""The profile that stock TRL on Unsloth is measured with too."""
STEPS, DISCARDED = 4, 2
PREFIX, OWN = 450, (60, 330)
"""Tokens of rows like those of mcp-server-time, for which the estimate is made beforehand."""


def measure(plan: Plan) -> Measured:
    """Model by model, profile by profile."""
    from tasks.external.trainer import engine

    for name in MODELS:
        model = load_model(name)
        assert model.architecture is not None
        shape = shape_of(model.architecture, plan)
        model = model.model_copy(update={"architecture": shape})
        began = time.monotonic()
        base = material.random_base(shape, plan.work / name, in_4bit=True)
        creation = time.monotonic() - began
        loaded, tokenizer = engine.open_base(base, model, load_profile(STOCK).training)
        loading = time.monotonic() - began - creation
        seconds = {"made_in_seconds": round(creation, 1), "opened_in_seconds": round(loading, 1)}
        yield name, seconds | {"base_bytes": _memory_taken()}
        for profile in PROFILES:
            for variant in ("shared", "stock") if profile == STOCK else ("shared",):
                figures, loaded = _step(loaded, tokenizer, model, profile, variant, plan)
                yield f"{name} {profile} {variant}", figures
        del loaded
        _free()
        if name != EXPORTED:
            shutil.rmtree(base)


def shape_of(shape: Architecture, plan: Plan) -> Architecture:
    """The model's own shape; for a rehearsal on a CPU a tiny one of its family."""
    if not plan.tiny:
        return shape
    return TINY.model_copy(update={"attention_bias": shape.attention_bias})


def _step(
    loaded: Any, tokenizer: Any, model: Model, name: str, variant: str, plan: Plan
) -> tuple[dict[str, Any], Any]:
    """Figures of a few steps with a fresh adapter; and the base, without it again."""
    from tasks.external.trainer import engine

    profile = profile_of(name, 2 if plan.tiny else STEPS)
    rows = _rows(profile, plan)
    steps = profile.training.max_steps or 1
    tuned = engine.put_adapter(loaded, profile.lora, profile.training)
    resident = _memory_taken()
    training = trained(variant, tuned, tokenizer, engine.prepare_dataset(rows), profile)
    tokens = sum(len(row.ids) for row in rows) / steps
    figures = summary(training, tokens, 1 if plan.tiny else DISCARDED)
    keys = ("seconds_per_step", "useful_tokens_per_second", "losses")
    expected = _estimate(model, profile, rows)
    base = tuned.unload()
    del tuned
    _free()
    return {name: figures[name] for name in keys} | {
        "notes": training["notes"],
        "resident_bytes": resident,
        "peak_bytes": training["peak_gpu_bytes"] + _context(),
        "estimate": expected.model_dump(mode="json"),
        "estimated_bytes": expected.total,
    }, base


def _rows(profile: Profile, plan: Plan) -> list[EncodedRow]:
    count = (profile.training.max_steps or 1) * profile.training.effective_batch
    if plan.tiny:
        return material.random_rows(count, prefix=64, own=(20, 40))
    return material.random_rows(count, PREFIX, OWN, trained=60)


def _estimate(model: Model, profile: Profile, rows: list[EncodedRow]) -> Estimate:
    assert model.architecture is not None
    prefix = PREFIX if len(rows[0].ids) > PREFIX else 64
    share = sum(sum(row.trained) for row in rows) / sum(len(row.ids) for row in rows)
    lengths = lengths_of([len(row.ids) for row in rows], prefix, share)
    return choose(
        model.architecture,
        model.load_in_4bit,
        profile.lora,
        profile.training,
        lengths,
        look_at_device(),
    )


def _memory_taken() -> int:
    """Bytes of tensors on the GPU; 0 without one."""
    import torch

    return torch.cuda.memory_allocated() if torch.cuda.is_available() else 0


def _context() -> int:
    """What the GPU holds of this process beside torch's own: the CUDA context and libraries."""
    import torch

    if not torch.cuda.is_available():
        return 0
    free, total = torch.cuda.mem_get_info()
    return int(total - free - torch.cuda.memory_reserved())


def _free() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
