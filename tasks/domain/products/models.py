"""The base, the adapter and the file that ships."""

from typing import Any

from profiles import Quantization
from tasks.domain.products.base import Product, StoredFile
from tasks.domain.products.data import ApprovedDataset, Dataset
from tasks.domain.products.prompts import Turns
from tasks.domain.training.memory import Estimate, RowLengths
from tasks.domain.training.sizes import Device


class BaseModelFolder(Product):
    """A model in Hugging Face's layout, ready to train, with the template that it is used with."""

    model: str
    files: StoredFile
    origin: str
    """Where its weights come from: a package and version, or a hub id and commit."""
    licence: str
    turns: Turns
    """What its template writes between the words of a conversation."""


class TrainingPlan(Product):
    """What a training is expected to take on one device, and how it will be done there."""

    estimate: Estimate
    device: Device
    lengths: RowLengths
    seconds: float
    """Of all steps together; from a probe, see ``estimated_seconds``."""


class Prepared(Product):
    """What training starts from: approved rows, and the base whose tokenizer judged them."""

    base: BaseModelFolder
    dataset: ApprovedDataset


class GeneralLoss(Product):
    """Mean nats per token of a fixed general text: what a training has made worse."""

    base: float
    tuned: float

    @property
    def change(self) -> float:
        """How much higher the tuned model's is, as a share of the base's."""
        return self.tuned / self.base - 1


class TrainingRecord(Product):
    """What was asked of the trainer and what it really did."""

    requested: dict[str, Any]
    effective: dict[str, Any]
    notes: tuple[str, ...] = ()
    memory_fallbacks: tuple[str, ...] = ()
    """What was given up, in this order, because a step did not fit into memory."""
    first_loss: float
    final_loss: float
    eval_loss: float | None = None
    best_step: int | None = None
    """The step whose adapter this is, where the best was kept; None: the last one."""
    steps: int
    resumed_at_step: int = 0
    seconds: float
    trained_tokens: int
    """Tokens of the training rows that the loss sees."""
    losses: tuple[tuple[int, float], ...] = ()
    eval_losses: tuple[tuple[int, float], ...] = ()
    general_loss: GeneralLoss | None = None


class LoraAdapter(Product):
    """A trained adapter and the base it belongs to."""

    model: str
    profile: str
    files: StoredFile
    base: BaseModelFolder
    record: TrainingRecord


class Trained(Product):
    """What an evaluation starts from: an adapter, and the rows that were held out for it."""

    adapter: LoraAdapter
    dataset: Dataset


class GgufModel(Product):
    """A GGUF file that was opened, compared with its source and made to complete a prompt."""

    name: str
    files: StoredFile
    quantization: Quantization
    notes: tuple[str, ...] = ()
