"""Stage 5: ApprovedDataset → LoraAdapter, on whatever machine this flow run was placed."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from filelock import FileLock, Timeout
from prefect import get_run_logger, task

from profiles import Model, Profile
from tasks.caching import ByContent, content_key
from tasks.domain.errors import TrainingLocked
from tasks.domain.products import (
    ApprovedDataset,
    BaseModelFolder,
    LoraAdapter,
    TrainingPlan,
    TrainingRecord,
)
from tasks.domain.training.origin import Origin, flat
from tasks.domain.training.progress import Report, TrainingUpdate
from tasks.domain.writing.list_augmentation import list_numbers
from tasks.external.dataset_files import heldout_rows, train_rows
from tasks.external.storage import Storage
from tasks.external.tokenizer import ChatTokenizer
from tasks.reporting import artifacts, events
from tasks.reporting.training import TrainingReporter

_ONLY = {"profile": ("name", "lora", "training", "evaluation.loss_rows")}
"""A threshold or a number of the evaluation is no reason to train again."""


@task(
    cache_policy=ByContent(without=("plan",), only=_ONLY),
    persist_result=True,
    on_completion=[events.stage_completed, artifacts.training_from_cache],
)
def train_adapter(
    dataset: ApprovedDataset,
    base: BaseModelFolder,
    model: Model,
    profile: Profile,
    plan: TrainingPlan,
) -> LoraAdapter:
    """Train; go on from the newest checkpoint of the same inputs, if there is one.

    Where the storage is remote, each checkpoint is sent there when it is whole, so that another
    machine goes on from it. A storage that takes none is a warning: this machine has it.

    ``plan`` says whether to use gradient checkpointing: the gradients are the same either way, so
    it decides neither the result nor which checkpoints are gone on from.

    Raises:
        TrainingDiverged: a loss or gradient is not a number.
        TrainingInterrupted: it was told to stop; the same inputs go on from its checkpoint.
        TrainingLocked: another process trains the same inputs.
        OutOfMemory: a step does not fit, though everything was tried.
        ResumeRefused: the checkpoints are those of another training.
    """
    storage, profile = Storage(), dataset.dataset.prompt.settled(profile)
    key = content_key(
        "adapter",
        __file__,
        data=dataset.dataset.train,
        base=base.files,
        model=model,
        lora=profile.lora,
        training=profile.training,
    )
    place = ("checkpoints", key)
    checkpoints = storage.folder(*place)
    reporter = TrainingReporter(model.name)

    def report(update: TrainingUpdate) -> None:
        if update.moment == "checkpoint":
            with _warning("the newest checkpoint is on this machine only"):
                storage.send_folder(*place)
        reporter(update)

    try:
        with FileLock(checkpoints.with_suffix(".lock"), timeout=0):
            storage.bring_folder(*place)
            adapter = _train(dataset, base, model, profile, plan, checkpoints, report, key)
        reporter.finish(artifacts.finished_loss_curve(adapter))
    except Timeout as error:
        raise TrainingLocked(f"another process trains {key}; wait for it or end it") from error
    finally:
        reporter.close()
    artifacts.adapter(adapter)
    events.adapter_saved(adapter)
    _clear(storage, place)
    return adapter


@contextmanager
def _warning(consequence: str) -> Iterator[None]:
    """Say what a remote storage that fails means, and go on: no training is repeated for that."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - each filesystem raises its own
        reason = f"{type(error).__name__}: {error}"
        get_run_logger().warning("The storage failed: %s; %s", reason, consequence)


def _clear(storage: Storage, place: tuple[str, str]) -> None:
    """Give back disk and GPU, last of all: what stops the task before is no reason to repeat it."""
    from tasks.external.trainer.checkpoints import Checkpoints
    from tasks.external.trainer.out_of_memory import give_back

    Checkpoints(storage.folder(*place)).drop()
    give_back()
    with _warning("the checkpoints of a finished training are left there"):
        storage.remove(*place)


def _train(
    dataset: ApprovedDataset,
    base: BaseModelFolder,
    model: Model,
    profile: Profile,
    plan: TrainingPlan,
    checkpoints: Path,
    report: Report,
    key: str,
) -> LoraAdapter:
    # torch takes seconds to import and is not there on a machine that only prepares data.
    from tasks.external.trainer import engine
    from tasks.external.trainer.merging import save_adapter

    storage = Storage()
    folder = storage.fetch(base.files)
    encode = ChatTokenizer(folder).encode
    train = list(train_rows(dataset.dataset))
    rows = engine.prepare_dataset([encode(row) for row in train], list_numbers(train))
    heldout = list(islice(heldout_rows(dataset.dataset), profile.evaluation.loss_rows))
    eval_rows = engine.prepare_dataset([encode(row) for row in heldout])
    training = profile.training.model_copy(
        update={"gradient_checkpointing": plan.estimate.checkpointing}
    )
    tuned, tokenizer = engine.load_model(folder, model, profile.lora, training)
    record: TrainingRecord = engine.train(
        tuned,
        tokenizer,
        rows,
        eval_rows,
        training,
        checkpoints,
        report,
        _origin(dataset, base, model, profile),
    )
    place = ("adapters", f"{model.name}-{profile.name}-{key[-8:]}")
    with storage.writing(*place) as draft:
        save_adapter(tuned, draft)
        (draft / "training.json").write_text(record.model_dump_json(indent=2), encoding="utf-8")
        files = storage.keep(draft, *place)
    return LoraAdapter(
        model=model.name, profile=profile.name, files=files, base=base, record=record
    )


def _origin(
    dataset: ApprovedDataset, base: BaseModelFolder, model: Model, profile: Profile
) -> Origin:
    return Origin(
        model=model.name,
        data=dataset.dataset.train.sha256,
        base=base.files.sha256,
        settings={
            **flat("model", model.model_dump(mode="json", exclude={"template_text"})),
            **flat("lora", profile.lora.model_dump(mode="json")),
            **flat("training", profile.training.model_dump(mode="json")),
        },
    )
