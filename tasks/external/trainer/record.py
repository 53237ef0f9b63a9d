"""What was asked of a training, what it did, and what it gave up."""

import os
from typing import Any

import torch

import profiles
from tasks.domain.products import TrainingRecord
from tasks.domain.training.early_stopping import Evaluation
from tasks.external.trainer.batches import SharedPrefixPacks
from tasks.external.trainer.callback import losses
from tasks.external.trainer.general_loss import general_loss
from tasks.external.trainer.packs import IGNORED
from tasks.external.trainer.run import Run
from tasks.external.trainer.stopping import evaluations


def training_record(
    run: Run, training: profiles.Training, best: Evaluation | None, seconds: float
) -> TrainingRecord:
    """The record of a run that is done; ``best``: the evaluation whose adapter was kept."""
    trainer, state = run.trainer, run.state
    arguments = trainer.args
    logged, evals = losses(state), evaluations(state)
    general, reason = general_loss(trainer)
    labels = [label for row in trainer.train_dataset["labels"] for label in row]
    return TrainingRecord(
        requested=training.model_dump(mode="json"),
        effective={
            "optimizer": str(getattr(arguments.optim, "value", arguments.optim)),
            "precision": "bf16" if arguments.bf16 else "fp16" if arguments.fp16 else "float32",
            "device": str(arguments.device),
            "threads": torch.get_num_threads(),
            "per_device_batch_size": arguments.per_device_train_batch_size,
            "gradient_accumulation_steps": arguments.gradient_accumulation_steps,
            "gradient_checkpointing": arguments.gradient_checkpointing,
            "shared_prefix": isinstance(trainer.data_collator, SharedPrefixPacks),
            "parameters_trained": trainer.model.num_parameters(only_trainable=True),
            "pack_tokens": run.ladder.training.pack_tokens,
            "max_seq_length": run.ladder.training.max_seq_length,
            "rows_set_aside": run.rows - len(trainer.train_dataset),
            "offline": os.environ.get("HF_HUB_OFFLINE") == "1",
        },
        notes=(*run.notes, *_notes(state, best), *([reason] if reason else [])),
        memory_fallbacks=run.ladder.memory_fallbacks,
        first_loss=logged[0][1],
        final_loss=logged[-1][1],
        eval_loss=best[1] if best else evals[-1][1] if evals else None,
        best_step=best[0] if best else None,
        steps=state.global_step,
        resumed_at_step=int(run.resumed.name.split("-")[1]) if run.resumed else 0,
        seconds=seconds,
        trained_tokens=sum(label != IGNORED for label in labels),
        losses=tuple(logged),
        eval_losses=tuple(evals),
        general_loss=general,
    )


def _notes(state: Any, best: Evaluation | None) -> tuple[str, ...]:
    notes = []
    if state.global_step < state.max_steps:
        notes.append(
            f"stopped early at step {state.global_step} of {state.max_steps}: "
            "the loss on held-out rows no longer fell"
        )
    if best is not None and best[0] != state.global_step:
        notes.append(f"the adapter is that of step {best[0]}, whose evaluation loss was lowest")
    return tuple(notes)
