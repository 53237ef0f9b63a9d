"""The training engine: Unsloth loads and adapts a base, TRL trains it, on a GPU or a CPU alike."""

# isort: off
# Unsloth patches trl and transformers, so it must be imported before them.
from unsloth import FastLanguageModel
# isort: on

import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

import profiles
from tasks.domain.errors import TrainingDiverged, TrainingInterrupted, UnusableModel
from tasks.domain.products import TrainingRecord
from tasks.domain.progress import Report
from tasks.domain.token_rules import EncodedRow
from tasks.external.trainer import attention
from tasks.external.trainer.batches import IGNORED, PaddedBatch, SharedPrefixPack
from tasks.external.trainer.callback import ReportingCallback


def load_model(
    base: Path, model: profiles.Model, lora: profiles.Lora, training: profiles.Training
) -> tuple[Any, Any]:
    """Open a base model folder and put a fresh adapter on it: (model, tokenizer).

    Raises:
        UnusableModel: the folder does not hold a model that Unsloth can open.
    """
    try:
        loaded, tokenizer = FastLanguageModel.from_pretrained(
            str(base),
            max_seq_length=training.max_seq_length,
            load_in_4bit=model.load_in_4bit,
            dtype=_precision(),
            local_files_only=True,
        )
    except (OSError, ValueError) as error:
        raise UnusableModel(f"{base.name}: Unsloth cannot open it: {error}") from error
    if shares_prefix(training):
        attention.register()
        loaded.set_attn_implementation(attention.NAME)
    adapted = FastLanguageModel.get_peft_model(
        loaded,
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        bias=lora.bias,
        target_modules=list(lora.target_modules),
        use_gradient_checkpointing=_checkpointing(training),
        random_state=training.seed,
        max_seq_length=training.max_seq_length,
    )
    return adapted, tokenizer


def prepare_dataset(rows: Sequence[EncodedRow]) -> Dataset:
    """Tokens and labels as a dataset that TRL takes as it is; untrained tokens get no label."""
    return Dataset.from_dict(
        {
            "input_ids": [list(row.ids) for row in rows],
            "labels": [
                [
                    token if trained else IGNORED
                    for token, trained in zip(row.ids, row.trained, strict=True)
                ]
                for row in rows
            ],
        }
    )


def train(
    model: Any,
    tokenizer: Any,
    rows: Dataset,
    eval_rows: Dataset | None,
    training: profiles.Training,
    checkpoints: Path,
    report: Report,
) -> TrainingRecord:
    """Train ``model`` in place; go on from the newest checkpoint in ``checkpoints``, if any.

    Raises:
        TrainingDiverged: a loss or gradient is not a number; checkpoints before it are kept.
        TrainingInterrupted: SIGTERM or SIGINT came; a checkpoint of the last step is kept.
    """
    shares = shares_prefix(training)
    callback = ReportingCallback(report, _tokens_per_step(rows, training))
    trainer = SFTTrainer(
        model=model,
        processing_class=tokenizer,
        args=_arguments(training, checkpoints, shares, has_eval=eval_rows is not None),
        train_dataset=rows,
        eval_dataset=eval_rows,
        data_collator=SharedPrefixPack() if shares else PaddedBatch(tokenizer.pad_token_id),
        callbacks=[callback],
    )
    trainer.remove_callback(PrinterCallback)  # the callback reports; the terminal shows a bar
    resume = newest_checkpoint(checkpoints)
    started = time.monotonic()
    with callback.stopping_on_signals():
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    _raise_if_stopped(callback, trainer.state)
    return _record(trainer, callback, training, shares, resume, time.monotonic() - started)


def save_adapter(model: Any, folder: Path) -> None:
    """Write the adapter and reopen it, so that a file that cannot be read is noticed here.

    Raises:
        UnusableModel: the written adapter is not the one in memory.
    """
    from peft.utils import get_peft_model_state_dict
    from safetensors.torch import load_file

    model.save_pretrained(str(folder), save_embedding_layers=False)
    written = load_file(str(folder / "adapter_model.safetensors"))
    current = get_peft_model_state_dict(model, save_embedding_layers=False)
    same = written.keys() == current.keys() and all(
        torch.equal(written[name], value.cpu()) for name, value in current.items()
    )
    if not same:
        raise UnusableModel(f"{folder.name}: the adapter on disk is not the one that was trained")


def merge(base: Path, adapter: Path | None, folder: Path) -> None:
    """Write base and adapter as one 16-bit model; without an adapter, the base itself in 16 bit.

    The sum is taken in float32, so that only one rounding lies between training and file.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)
    model.to(torch.float16).save_pretrained(str(folder))
    AutoTokenizer.from_pretrained(str(base)).save_pretrained(str(folder))


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that is whole: its state, written last, opens and names its step."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    return next((path for path in reversed(found) if _is_whole(path)), None)


def shares_prefix(training: profiles.Training) -> bool:
    """Whether packs are used. On a GPU Unsloth's Llama drops the mask that they need: not there."""
    return training.share_prefix == "auto" and not torch.cuda.is_available()


def drop_checkpoints(folder: Path) -> None:
    """Remove checkpoints that have served: they are for resuming only."""
    shutil.rmtree(folder, ignore_errors=True)


def _is_whole(checkpoint: Path) -> bool:
    try:
        state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(state.get("global_step") == int(checkpoint.name.split("-")[1]))


def _precision() -> torch.dtype | None:
    """float32 on a CPU; on a GPU what it does best, which Unsloth knows.

    Left to itself Unsloth takes bfloat16 on a CPU that has it, and the same run would give another
    adapter there than elsewhere.
    """
    return None if torch.cuda.is_available() else torch.float32


def _checkpointing(training: profiles.Training) -> str | bool:
    return "unsloth" if training.gradient_checkpointing == "unsloth" else False


def _arguments(
    training: profiles.Training, checkpoints: Path, shares: bool, *, has_eval: bool
) -> SFTConfig:
    batch, accumulation = training.per_device_batch_size, training.gradient_accumulation_steps
    if shares:  # one pack is one optimiser step
        batch, accumulation = batch * accumulation, 1
    on_gpu = torch.cuda.is_available()
    return SFTConfig(
        output_dir=str(checkpoints),
        per_device_train_batch_size=batch,
        per_device_eval_batch_size=batch,
        gradient_accumulation_steps=accumulation,
        learning_rate=training.learning_rate,
        warmup_steps=training.warmup_ratio,
        num_train_epochs=training.epochs or 1,
        max_steps=training.max_steps or -1,
        max_length=training.max_seq_length,
        optim=training.optimizer,
        weight_decay=training.weight_decay,
        lr_scheduler_type=training.scheduler,
        packing=training.packing,
        gradient_checkpointing=bool(_checkpointing(training)),  # TRL's own default is on
        padding_free=False,
        logging_steps=training.logging_steps,
        logging_first_step=True,
        logging_nan_inf_filter=False,  # it would log the mean of earlier losses instead
        save_strategy="steps",
        save_steps=training.save_steps,
        save_total_limit=training.checkpoints_kept,
        eval_strategy="steps" if has_eval else "no",
        eval_steps=training.save_steps,
        seed=training.seed,
        data_seed=training.seed,
        bf16=on_gpu and torch.cuda.is_bf16_supported(),
        fp16=on_gpu and not torch.cuda.is_bf16_supported(),
        dataloader_num_workers=0,  # forked workers die inside a Prefect flow process
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        disable_tqdm=True,
        report_to=[],
        use_cpu=not on_gpu,
    )


def _tokens_per_step(rows: Dataset, training: profiles.Training) -> float:
    lengths = [len(ids) for ids in rows["input_ids"]]
    return sum(lengths) / len(lengths) * training.effective_batch


def _raise_if_stopped(callback: ReportingCallback, state: Any) -> None:
    place = f"step {state.global_step} of {state.max_steps}"
    if callback.diverged:
        raise TrainingDiverged(
            f"the loss or its gradient is not a number at {place}; "
            "a lower learning rate or a look at the longest rows is needed"
        )
    if callback.stop_asked_by:
        raise TrainingInterrupted(
            f"{callback.stop_asked_by} at {place}; the same command goes on from there"
        )


def _record(
    trainer: Any,
    callback: ReportingCallback,
    training: profiles.Training,
    shares: bool,
    resume: Path | None,
    seconds: float,
) -> TrainingRecord:
    arguments = trainer.args
    labels = [label for row in trainer.train_dataset["labels"] for label in row]
    evals = callback.eval_losses
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
            "shared_prefix": shares,
            "parameters_trained": trainer.model.num_parameters(only_trainable=True),
            "offline": os.environ.get("HF_HUB_OFFLINE") == "1",
        },
        first_loss=callback.losses[0][1],
        final_loss=callback.losses[-1][1],
        eval_loss=evals[-1][1] if evals else None,
        steps=trainer.state.global_step,
        resumed_at_step=int(resume.name.split("-")[1]) if resume else 0,
        seconds=seconds,
        trained_tokens=sum(label != IGNORED for label in labels),
        losses=tuple(callback.losses),
        eval_losses=tuple(evals),
    )
