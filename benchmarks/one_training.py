"""One variant of a training, in a process of its own, so that its peak memory is its own.

``python -m benchmarks.one_training settings.json``; the measurement is printed as one line of JSON.
"""

import gc
import json
import resource
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import profiles
from benchmarks import rows
from profiles import Profile
from tasks.domain.training.progress import TrainingUpdate


class Clock:
    """When a training began and each of its steps ended."""

    def __init__(self) -> None:
        self.started = 0.0
        self.ends: list[tuple[float, float, float]] = []
        """Wall seconds, CPU seconds of the process, and the loss, at the end of each step."""

    def begin(self) -> None:
        """The first step is about to begin."""
        self.started = time.perf_counter()

    def tick(self, loss: float) -> None:
        """A step has ended."""
        self.ends.append((time.perf_counter(), time.process_time(), loss))


def main() -> None:
    """Train as the file of settings says and print what was measured."""
    request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    import torch

    torch.set_num_threads(request["threads"])
    sys.stdout.write("\n" + json.dumps(measure(request)) + "\n")


def measure(request: dict[str, Any]) -> dict[str, Any]:
    """Open the base, train one variant, and say what it took."""
    from tasks.external.trainer import engine

    profile = Profile.model_validate(request["profile"])
    model, tokenizer = engine.load_model(
        Path(request["base"]), profiles.load_model(request["model"]), profile.lora, profile.training
    )
    data = engine.prepare_dataset(rows.read(Path(request["rows"])))
    return trained(request["variant"], model, tokenizer, data, profile)


def profile_of(name: str, steps: int) -> Profile:
    """A profile that is cut to so many steps, without a checkpoint between them."""
    profile = profiles.load_profile(name)
    changes = {"max_steps": steps, "epochs": None, "save_steps": 10_000}
    return profile.model_copy(update={"training": profile.training.model_copy(update=changes)})


def trained(
    variant: str, model: Any, tokenizer: Any, data: Any, profile: Profile
) -> dict[str, Any]:
    """Train ``model`` one way, "stock", "plain" or "shared", and say what it took."""
    import torch

    clock, train = Clock(), _stock if variant == "stock" else _ours
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    shared = "auto" if variant == "shared" else "off"
    training = profile.training.model_copy(update={"share_prefix": shared})
    with tempfile.TemporaryDirectory() as folder:
        notes = train(model, tokenizer, data, training, Path(folder), clock)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "ends": clock.ends,
        "started": clock.started,
        "notes": notes,
        "peak_rss_bytes": peak * 1024,
        "peak_gpu_bytes": torch.cuda.max_memory_reserved() if on_gpu else 0,
    }


def summary(figures: dict[str, Any], tokens_per_step: float, discarded: int = 1) -> dict[str, Any]:
    """Seconds per step and tokens a second of one measurement, less its first steps."""
    ends = figures["ends"][discarded - 1 :]
    walls, cpus = ([b[i] - a[i] for a, b in pairwise(ends)] for i in (0, 1))
    return {
        "seconds_per_step": median(walls),
        "seconds_of_each_step": walls,
        "cpu_seconds_per_step": median(cpus),
        "useful_tokens_per_second": tokens_per_step / median(walls),
        "peak_rss_bytes": figures["peak_rss_bytes"],
        "losses": [loss for _, _, loss in figures["ends"]],
    }


def _ours(
    model: Any,
    tokenizer: Any,
    data: Any,
    training: profiles.Training,
    folder: Path,
    clock: Clock,
) -> list[str]:
    from tasks.external.trainer import engine

    def report(update: TrainingUpdate) -> None:
        if update.moment == "started":
            clock.begin()
        if update.moment == "progress" and update.loss is not None:
            clock.tick(update.loss)

    record = engine.train(model, tokenizer, data, None, training, folder, report)
    return list(record.notes)


def _stock(
    model: Any,
    tokenizer: Any,
    data: Any,
    training: profiles.Training,
    folder: Path,
    clock: Clock,
) -> list[str]:
    """What a notebook does: Unsloth's model, TRL's trainer, TRL's own padding collator."""
    from tasks.external.trainer import engine  # noqa: F401 - imports Unsloth before TRL

    # isort: split
    import torch
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            clock.begin()

        def on_log(self, *_: Any, logs: dict[str, Any], **__: Any) -> None:
            if "loss" in logs:
                clock.tick(logs["loss"])

    on_gpu = torch.cuda.is_available()
    trainer = SFTTrainer(
        model=model,
        processing_class=tokenizer,
        args=SFTConfig(
            output_dir=str(folder),
            per_device_train_batch_size=training.per_device_batch_size,
            gradient_accumulation_steps=training.gradient_accumulation_steps,
            gradient_checkpointing=training.gradient_checkpointing == "unsloth",
            learning_rate=training.learning_rate,
            warmup_steps=training.warmup_ratio,
            max_steps=training.max_steps,
            max_length=training.max_seq_length,
            optim=training.optimizer,
            weight_decay=training.weight_decay,
            lr_scheduler_type=training.scheduler,
            logging_steps=1,
            save_strategy="no",
            seed=training.seed,
            data_seed=training.seed,
            bf16=on_gpu and torch.cuda.is_bf16_supported(),
            disable_tqdm=True,
            report_to=[],
            use_cpu=not on_gpu,
        ),
        train_dataset=data,
        callbacks=[Watch()],
    )
    trainer.train()
    return [f"padding_free {trainer.args.padding_free}"]


if __name__ == "__main__":
    main()
