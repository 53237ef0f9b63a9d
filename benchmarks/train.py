"""Seconds per optimiser step: stock TRL on Unsloth, ours with padded rows, ours with packs.

``python -m benchmarks.train`` trains SmolLM2-135M on the same rows three ways, one process after
the other, for a server with two tools and one with twelve. It writes bench-train.json, a picture of
the loss curves per server, and the table that stands in the README.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import profiles
from benchmarks import rows
from benchmarks.kernel_facts import processor
from benchmarks.loss_curves import as_svg
from benchmarks.one_training import profile_of, summary
from profiles import Profile
from tasks.domain.gate.token_rules import EncodedRow
from tasks.external.base_model import build_base

HERE = Path(__file__).parent
VARIANTS = ("stock", "plain", "shared")
MODEL = "smollm2"
PROFILE = "fast_dev"
"""A profile of production: LoRA of rank 8, 2 rows x 4 batches a step, "unsloth" checkpointing."""


def main() -> None:
    """Measure what was asked for and add it to what is there."""
    options = _arguments()
    os.environ |= {"HF_HUB_OFFLINE": "1", "UNSLOTH_DISABLE_STATISTICS": "1"}
    results = {} if options.fresh else _results()
    with tempfile.TemporaryDirectory(prefix="bench-train-") as folder:
        work = Path(folder)
        os.environ.setdefault("MCP_FORGE_HOME", str(work / "home"))
        build_base(profiles.load_model(MODEL), work / "base")
        for server in options.servers:
            measured = _server(server, options.steps, options.threads, work)
            results.setdefault("servers", {})[server] = measured
            _keep(results, options.threads)
    sys.stdout.write(table(results) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("servers", nargs="*", default=["time", "git"])
    parser.add_argument("--steps", type=int, default=3, help="steps measured, after one discarded")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    return parser.parse_args()


def _server(name: str, steps: int, threads: int, work: Path) -> dict[str, Any]:
    profile = profile_of(PROFILE, steps + 1)
    count = (steps + 1) * profile.training.effective_batch
    path = work / f"{name}.json"
    facts = rows.write(name, profile, work / "base", count, path)
    encoded = rows.read(path)
    tokens = sum(len(row.ids) for row in encoded)
    measured = {
        variant: _variant(variant, profile, threads, work, path, tokens / (steps + 1))
        for variant in VARIANTS
    }
    seconds = {variant: figures["seconds_per_step"] for variant, figures in measured.items()}
    cpu = {variant: entry["cpu_seconds_per_step"] for variant, entry in measured.items()}
    limit = tokens / packed_tokens(encoded, profile)
    (HERE / f"train-{name}.svg").write_text(
        as_svg({variant: figures["losses"] for variant, figures in measured.items()}),
        encoding="utf-8",
    )
    return {
        **facts,
        "rows_per_step": profile.training.effective_batch,
        "tokens_per_row": tokens / count,
        "steps_measured": steps,
        "token_ratio": limit,
        "variants": measured,
        "ratios": {
            "plain": seconds["stock"] / seconds["plain"],
            "shared": seconds["stock"] / seconds["shared"],
            "shared_of_token_ratio": seconds["stock"] / seconds["shared"] / limit,
            "shared_in_cpu_time": cpu["stock"] / cpu["shared"],
        },
    }


def _variant(
    variant: str, profile: Profile, threads: int, work: Path, path: Path, tokens_per_step: float
) -> dict[str, Any]:
    settings = work / "settings.json"
    options = {
        "variant": variant,
        "profile": profile.model_dump(mode="json"),
        "model": MODEL,
        "base": str(work / "base"),
        "rows": str(path),
        "threads": threads,
    }
    settings.write_text(json.dumps(options), encoding="utf-8")
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.one_training", str(settings)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
    )
    figures = json.loads(process.stdout.strip().splitlines()[-1])
    if variant == "shared" and figures["notes"]:
        sys.exit(f"packs are not right here: {figures['notes'][0]}")
    return summary(figures, tokens_per_step)


def packed_tokens(encoded: list[EncodedRow], profile: Profile) -> int:
    """Tokens that packs compute of all rows, step by step."""
    from tasks.external.trainer.batches import SharedPrefixPacks
    from tasks.external.trainer.engine import prepare_dataset

    dataset = list(prepare_dataset(encoded))
    collate, step = (
        SharedPrefixPacks(profile.training.pack_tokens),
        profile.training.effective_batch,
    )
    batches = [collate(dataset[place : place + step]) for place in range(0, len(dataset), step)]
    return sum(batch["input_ids"].numel() for batch in batches)


def _results() -> dict[str, Any]:
    path = HERE / "bench-train.json"
    figures: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return figures


def _keep(results: dict[str, Any], threads: int) -> None:
    results["date"] = date.today().isoformat()
    results["machine"] = f"{processor()}, {os.cpu_count()} cores, {platform.system()}"
    results["threads"] = threads
    results["model"], results["profile"] = MODEL, PROFILE
    results["command"] = "make bench-train"
    results["ratios"] = {name: figures["ratios"] for name, figures in results["servers"].items()}
    text = json.dumps(results, indent=2)
    (HERE / "bench-train.json").write_text(text + "\n", encoding="utf-8")


def table(results: dict[str, Any]) -> str:
    """The README's table."""
    lines = [
        "| tools | variant | seconds per step | useful tokens/s | peak memory | faster |",
        "|---|---|---|---|---|---|",
    ]
    for name, entry in results["servers"].items():
        for variant, figures in entry["variants"].items():
            ratio = entry["ratios"].get(variant, 1.0)
            lines.append(
                f"| {name}, {entry['tools']} | {variant} | {figures['seconds_per_step']:.1f} "
                f"| {figures['useful_tokens_per_second']:.0f} "
                f"| {figures['peak_rss_bytes'] / 1e9:.1f} GB | {ratio:.2f}x |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
