"""Stage: SmolLM2 on rows of two servers, by stock TRL on Unsloth, by ours padded and in packs.

The three trainings follow each other in this process: a GPU's peak memory can be set back. Stock
comes last, since it changes the classes that it finds.
"""

from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import rows
from benchmarks.gpu import material
from benchmarks.gpu.material import TINY
from benchmarks.gpu.stage import Measured, Plan, tried
from benchmarks.one_training import profile_of, summary, trained
from benchmarks.train import packed_tokens
from profiles import Profile, load_model

VARIANTS = ("shared", "plain", "stock")
PROFILE = "fast_dev"
STEPS, DISCARDED = 13, 3
"""Steps of each training, and how many of the first are compiled rather than computed."""
TINY_STEPS = 3


def measure(plan: Plan) -> Measured:
    """Both servers; what was measured of one is kept before the next begins."""
    if plan.tiny:
        base, weights = material.random_base(TINY, plan.work / "tiny", in_4bit=False), "random"
    else:
        base, weights = material.smollm2(plan.work)
    for server in ("time", "git"):
        yield server, {"weights": weights} | tried(partial(_compared, server, base, plan))


def _compared(server: str, base: Path, plan: Plan) -> dict[str, Any]:
    from tasks.external.trainer import engine

    profile = profile_of(PROFILE, TINY_STEPS if plan.tiny else STEPS)
    encoded = _rows(server, profile, base, plan)
    steps = profile.training.max_steps or 0
    tokens = sum(len(row.ids) for row in encoded)
    results = {}
    for variant in VARIANTS:
        model, tokenizer = engine.load_model(
            base, load_model("smollm2"), profile.lora, profile.training
        )
        data = engine.prepare_dataset(encoded)
        run = trained(variant, model, tokenizer, data, profile)
        figures = summary(run, tokens / steps, 1 if plan.tiny else DISCARDED)
        results[variant] = figures | {name: run[name] for name in ("notes", "peak_gpu_bytes")}
        del model
    seconds = {variant: figures["seconds_per_step"] for variant, figures in results.items()}
    return {
        "rows_per_step": profile.training.effective_batch,
        "tokens_per_row": tokens / len(encoded),
        "token_ratio": tokens / packed_tokens(encoded, profile),
        "variants": results,
        "faster": {name: seconds["stock"] / seconds[name] for name in VARIANTS},
        "largest_loss_difference": {name: _apart(results, name) for name in ("shared", "plain")},
    }


def _rows(server: str, profile: Profile, base: Path, plan: Plan) -> Any:
    count = (profile.training.max_steps or 0) * profile.training.effective_batch
    if plan.tiny:
        return material.random_rows(count, prefix=64, own=(20, 40))
    path = material.MATERIAL / f"rows-{server}.json"
    if not path.exists():
        path = plan.work / f"rows-{server}.json"
        rows.write(server, profile, base, count, path)
    return rows.read(path)


def _apart(figures: dict[str, Any], variant: str) -> float:
    """How far two loss curves are apart at most, relative to stock's."""
    pairs = zip(figures[variant]["losses"], figures["stock"]["losses"], strict=True)
    return max(abs(float(ours) / float(stock) - 1) for ours, stock in pairs)
