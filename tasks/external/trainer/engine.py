"""The training engine: Unsloth loads and adapts a base, TRL trains it, on a GPU or a CPU alike."""

# isort: off
# Unsloth patches trl and transformers, so it must be imported before them.
from unsloth import FastLanguageModel
# isort: on

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback
from transformers.integrations import TensorBoardCallback
from trl import SFTConfig

import profiles
from profiles.settings import Settings
from tasks.domain.errors import TrainingDiverged, TrainingInterrupted, UnusableModel
from tasks.domain.gate.token_rules import EncodedRow
from tasks.domain.products import TrainingRecord
from tasks.domain.training.memory_fallbacks import planned_steps
from tasks.domain.training.origin import Origin
from tasks.domain.training.progress import Report, TrainingUpdate
from tasks.external.trainer.batches import PaddedBatch, SharedPrefixPacks
from tasks.external.trainer.callback import ReportingCallback
from tasks.external.trainer.checkpoints import Checkpoints
from tasks.external.trainer.keeping import KeepingCallback
from tasks.external.trainer.order import LIST
from tasks.external.trainer.packs import IGNORED
from tasks.external.trainer.probe import limit_threads
from tasks.external.trainer.record import training_record
from tasks.external.trainer.run import Run
from tasks.external.trainer.self_check import CHECKED_ROWS, beyond_window, find_fault
from tasks.external.trainer.steps import StepTrainer
from tasks.external.trainer.stopping import Stopping
from tasks.external.trainer.weights import precision


def load_model(
    base: Path, model: profiles.Model, lora: profiles.Lora, training: profiles.Training
) -> tuple[Any, Any]:
    """Open a base model folder and put a fresh adapter on it: (model, tokenizer).

    Raises:
        UnusableModel: the folder does not hold a model that Unsloth can open.
    """
    network, tokenizer = open_base(base, model, training)
    return put_adapter(network, lora, training), tokenizer


def open_base(base: Path, model: profiles.Model, training: profiles.Training) -> tuple[Any, Any]:
    """Open a base model folder: (model, tokenizer).

    Raises:
        UnusableModel: the folder does not hold a model that Unsloth can open.
    """
    limit_threads()
    try:
        network, tokenizer = FastLanguageModel.from_pretrained(
            str(base),
            max_seq_length=training.max_seq_length,
            load_in_4bit=model.load_in_4bit,
            dtype=precision(),
            local_files_only=True,
        )
    except (OSError, ValueError) as error:
        raise UnusableModel(f"{base.name}: Unsloth cannot open it: {error}") from error
    return network, tokenizer


def put_adapter(network: Any, lora: profiles.Lora, training: profiles.Training) -> Any:
    """The model with a fresh adapter, whose weights are all that is trained."""
    return FastLanguageModel.get_peft_model(
        network,
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        bias=lora.bias,
        target_modules=list(lora.target_modules),
        use_gradient_checkpointing=_checkpointing(training),
        random_state=training.seed,
        max_seq_length=training.max_seq_length,
    )


def prepare_dataset(rows: Sequence[EncodedRow], lists: Sequence[int] = ()) -> Dataset:
    """Tokens and labels as a dataset that TRL takes as it is; untrained tokens get no label.

    ``lists`` numbers the rows' tool lists: where there are several, rows of one come together.
    """
    columns = {
        "input_ids": [list(row.ids) for row in rows],
        "labels": [
            [
                token if is_trained else IGNORED
                for token, is_trained in zip(row.ids, row.trained, strict=True)
            ]
            for row in rows
        ],
    }
    return Dataset.from_dict(columns | ({LIST: list(lists)} if len(set(lists)) > 1 else {}))


def train(
    model: Any,
    tokenizer: Any,
    rows: Dataset,
    eval_rows: Dataset | None,
    training: profiles.Training,
    checkpoints: Path,
    report: Report,
    origin: Origin | None = None,
) -> TrainingRecord:
    """Train ``model`` in place; go on from the newest whole checkpoint in ``checkpoints``, if any.

    ``origin`` says what the training is made from, so that checkpoints of another are noticed.

    Raises:
        TrainingDiverged: a loss or gradient is not a number; checkpoints before it are kept.
        TrainingInterrupted: SIGTERM or SIGINT came; a checkpoint of the last step is kept.
        OutOfMemory: a step does not fit, though every fallback was tried.
        ResumeRefused: the checkpoints are those of another training.
    """
    store = Checkpoints(checkpoints)
    reporting = ReportingCallback(report, _tokens_per_step(rows, training), store.claim(origin))
    stopping = Stopping(training.early_stopping_patience)
    keeping = KeepingCallback(store, keep=training.checkpoints_kept, keep_best=training.keep_best)

    def build(
        rows: Dataset, eval_rows: Dataset | None, training: profiles.Training
    ) -> tuple[StepTrainer, tuple[str, ...]]:
        trainer, notes = _trainer(model, tokenizer, rows, eval_rows, training, checkpoints, report)
        for callback in (stopping, keeping, reporting):
            trainer.add_callback(callback)
        return trainer, notes

    run = Run(model, rows, eval_rows, training, store, build)
    start = time.monotonic()
    with stopping.on_signals():
        while problem := run.attempt():
            stopping.leave_step()
            reporting.say("out_of_memory", run.state, detail=run.climb(problem))
        run.keep_abandoned(stopping)
    _raise_if_stopped(stopping, reporting, run.state)
    record = training_record(run, training, run.restore_best(), time.monotonic() - start)
    reporting.say("finished", run.state, eval_loss=record.eval_loss)
    return record


def _checkpointing(training: profiles.Training) -> str | bool:
    return "unsloth" if training.gradient_checkpointing == "unsloth" else False


def _trainer(
    model: Any,
    tokenizer: Any,
    rows: Dataset,
    eval_rows: Dataset | None,
    training: profiles.Training,
    checkpoints: Path,
    report: Report,
) -> tuple[StepTrainer, tuple[str, ...]]:
    """The trainer, with packs where they are asked for and right; notes on what is not as asked."""

    def build(shares: bool) -> StepTrainer:
        plain = PaddedBatch(tokenizer.pad_token_id)
        trainer = StepTrainer(
            model=model,
            processing_class=tokenizer,
            args=_arguments(training, checkpoints, shares, len(eval_rows or ())),
            train_dataset=rows,
            eval_dataset=eval_rows,
            data_collator=SharedPrefixPacks(training.pack_tokens) if shares else plain,
        )
        trainer.remove_callback(PrinterCallback)  # ours reports; the terminal shows a bar
        _keep_tensorboard(trainer, checkpoints.name)
        return trainer

    if training.share_prefix == "off":
        return build(False), ()
    trainer = build(True)
    first = list(rows.select(range(min(len(rows), training.effective_batch, CHECKED_ROWS))))
    longest = max(map(len, rows["input_ids"]))
    fault = beyond_window(model.config, longest) or find_fault(trainer, first, training.pack_tokens)
    if not fault:
        return trainer, ()
    steps = planned_steps(training, len(rows))
    report(TrainingUpdate(moment="fell_back", step=0, total_steps=steps, detail=fault))
    return build(False), (fault,)


def _keep_tensorboard(trainer: StepTrainer, name: str) -> None:
    """Let TensorBoard's files outlive the checkpoints; TENSORBOARD_LOGGING_DIR wins."""
    folder = Settings().home.absolute() / "tensorboard" / name
    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, TensorBoardCallback) and callback.logging_dir is None:
            callback.logging_dir = str(folder)


def _arguments(
    training: profiles.Training, checkpoints: Path, shares: bool, eval_rows: int
) -> SFTConfig:
    batch, accumulation = training.per_device_batch_size, training.gradient_accumulation_steps
    if shares:  # the packs of an optimiser step come as one batch
        batch, accumulation = batch * accumulation, 1
    on_gpu = torch.cuda.is_available()
    return SFTConfig(
        output_dir=str(checkpoints),
        per_device_train_batch_size=batch,
        per_device_eval_batch_size=max(eval_rows, 1),  # one batch, in parts: a mean over tokens
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
        eval_strategy="steps" if eval_rows else "no",
        eval_steps=training.eval_steps,
        seed=training.seed,
        data_seed=training.seed,
        bf16=on_gpu and torch.cuda.is_bf16_supported(),
        fp16=on_gpu and not torch.cuda.is_bf16_supported(),
        dataloader_num_workers=0,  # forked workers die inside a Prefect flow process
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        disable_tqdm=True,
        report_to=list(training.report_to),
        use_cpu=not on_gpu,
    )


def _tokens_per_step(rows: Dataset, training: profiles.Training) -> float:
    lengths = [len(ids) for ids in rows["input_ids"]]
    return sum(lengths) / len(lengths) * training.effective_batch


def _raise_if_stopped(stopping: Stopping, reporting: ReportingCallback, state: Any) -> None:
    place = f"step {state.global_step} of {state.max_steps}"
    if stopping.diverged:
        reporting.say("diverged", state, detail=stopping.diverged)
        raise TrainingDiverged(
            f"{stopping.diverged} of {state.max_steps}; "
            "a lower learning rate or a look at the longest rows is needed"
        )
    if stopping.asked_by:
        reporting.say("interrupted", state, detail=f"{stopping.asked_by} at {place}")
        raise TrainingInterrupted(
            f"{stopping.asked_by} at {place}; the same command goes on from there"
        )
