"""One variant of a training, in a process of its own, so that its peak memory is its own.

``python -m benchmarks.one_training settings.json``; the measurement is printed as one line of JSON.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import profiles
from benchmarks import rows
from profiles import Profile
from tasks.domain.progress import TrainingUpdate

Clock = list[tuple[float, float, float]]
"""Wall seconds, CPU seconds of the process, and the loss, at the end of each step."""


def main() -> None:
    """Train as the file of settings says and print what was measured."""
    asked = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    profile = Profile.model_validate(asked["profile"])
    import torch

    torch.set_num_threads(asked["threads"])
    clock: Clock = []
    started: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        train = _stock if asked["variant"] == "stock" else _ours
        train(asked, profile, Path(folder), clock, lambda: started.append(time.perf_counter()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    measured = {"ends": clock, "started": started[0], "peak_rss_bytes": peak * 1024}
    sys.stdout.write("\n" + json.dumps(measured) + "\n")


def _tick(clock: Clock, loss: float) -> None:
    clock.append((time.perf_counter(), time.process_time(), loss))


def _ours(
    asked: dict[str, Any], profile: Profile, folder: Path, clock: Clock, begin: Callable[[], None]
) -> None:
    from tasks.external.trainer import engine

    shared = "auto" if asked["variant"] == "shared" else "off"
    training = profile.training.model_copy(update={"share_prefix": shared})
    model, tokenizer = engine.load_model(
        Path(asked["base"]), profiles.load_model(asked["model"]), profile.lora, training
    )

    def report(update: TrainingUpdate) -> None:
        if update.moment == "fell_back":
            sys.exit(f"packs are not right here: {update.detail}")
        if update.moment == "started":
            begin()
        if update.moment == "progress" and update.loss is not None:
            _tick(clock, update.loss)

    data = engine.prepare_dataset(rows.read(Path(asked["rows"])))
    engine.train(model, tokenizer, data, None, training, folder, report)


def _stock(
    asked: dict[str, Any], profile: Profile, folder: Path, clock: Clock, begin: Callable[[], None]
) -> None:
    """What a notebook does: Unsloth's model, TRL's trainer, TRL's own padding collator."""
    from tasks.external.trainer import engine  # imports Unsloth before TRL

    # isort: split
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    training = profile.training
    model, tokenizer = engine.load_model(
        Path(asked["base"]), profiles.load_model(asked["model"]), profile.lora, training
    )

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            begin()

        def on_log(self, *_: Any, logs: dict[str, Any], **__: Any) -> None:
            if "loss" in logs:
                _tick(clock, logs["loss"])

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
            bf16=False,
            disable_tqdm=True,
            report_to=[],
            use_cpu=True,
        ),
        train_dataset=engine.prepare_dataset(rows.read(Path(asked["rows"]))),
        callbacks=[Watch()],
    )
    trainer.train()


if __name__ == "__main__":
    main()
