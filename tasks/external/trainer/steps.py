"""TRL's trainer, whose batch is cut into what is computed at once: packs, or padded rows."""

# isort: off
# Unsloth rebinds trl.SFTTrainer, so it must be imported before it.
import unsloth  # noqa: F401
# isort: on

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from trl import SFTTrainer

from tasks.external.trainer import attention, gpu_kernel
from tasks.external.trainer.batches import Batch, in_parts, is_packed, labels_of
from tasks.external.trainer.order import LIST, StepsOfOneList


class StepTrainer(SFTTrainer):  # type: ignore[misc]
    """Sums gradients over the parts of a batch; the loss is the mean over its labels.

    A batch of packs holds all rows of an optimiser step, so accumulation is 1 there. The divisor is
    the number of labels of the whole step, as transformers' own accumulation has it: the sum over
    packs of any size is the loss of one large batch.
    """

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        dataset = self.train_dataset if train_dataset is None else train_dataset
        if LIST not in dataset.column_names:
            return super()._get_train_sampler(train_dataset)
        rows = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return StepsOfOneList(dataset[LIST], rows, self.args.data_seed)

    def training_step(
        self, model: Any, inputs: Batch, num_items_in_batch: torch.Tensor | int | None = None
    ) -> torch.Tensor:
        """Forward and backward of each part; the loss of all of them, detached."""
        items = labels_of(inputs) if num_items_in_batch is None else num_items_in_batch
        total = torch.zeros((), device=self.args.device)
        with self._attention(inputs):
            for part in self._parts(inputs):
                total += super().training_step(model, part, items)
        return total

    def prediction_step(
        self,
        model: Any,
        inputs: Batch,
        prediction_loss_only: bool,
        ignore_keys: list[str] | None = None,
    ) -> tuple[torch.Tensor, None, None]:
        """The mean loss over the labels of one evaluation batch, part by part; no logits."""
        del prediction_loss_only, ignore_keys
        with torch.no_grad(), self.compute_loss_context_manager():
            return self.mean_loss(model, inputs), None, None

    def mean_loss(self, model: Any, inputs: Batch) -> torch.Tensor:
        """The loss of a batch without a backward pass."""
        items = labels_of(inputs)
        total = torch.zeros((), device=self.args.device)
        with self._attention(inputs):
            for part in self._parts(inputs):
                on_device = self._prepare_inputs(part)
                total += self.compute_loss(model, on_device, num_items_in_batch=items)
        return total

    def _parts(self, inputs: Batch) -> Iterator[dict[str, Any]]:
        for part in in_parts(inputs, self.args.per_device_train_batch_size):
            yield (
                gpu_kernel.with_layout(part)
                if is_packed(part) and torch.cuda.is_available()
                else part
            )

    def _attention(self, inputs: Batch) -> AbstractContextManager[None]:
        # On a GPU Unsloth's forward asks no attention implementation; its kernel is told instead.
        if not is_packed(inputs) or torch.cuda.is_available():
            return nullcontext()
        return attention.over_packs(self.model)
