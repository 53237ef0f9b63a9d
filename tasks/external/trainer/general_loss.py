"""What a training has made worse: the loss on a fixed text, with the adapter and without."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from tasks.domain.products import GeneralLoss
from tasks.external.trainer.self_check import FAILURES, loss_of_each
from tasks.external.trainer.steps import StepTrainer

_TEXT = Path(__file__).with_name("general_text.toml")


@cache
def _passages() -> tuple[str, ...]:
    return tuple(tomllib.loads(_TEXT.read_text(encoding="utf-8"))["passages"])


def general_loss(trainer: StepTrainer) -> tuple[GeneralLoss | None, str]:
    """(mean nats per token of base and tuned model, why there is none).

    A passage has some hundred tokens and nothing goes backward, so this takes less memory than a
    step. What fails here must not cost the adapter, which is trained already.
    """
    rows = [_row(text, trainer.processing_class) for text in _passages()]
    was_training = trainer.model.training
    trainer.model.eval()
    try:
        tuned = loss_of_each(trainer, rows)
        with trainer.model.disable_adapter():
            base = loss_of_each(trainer, rows)
    except FAILURES as error:
        return None, f"the loss on general text was not measured: {type(error).__name__}: {error}"
    finally:
        trainer.model.train(was_training)
    return GeneralLoss(base=base, tuned=tuned), ""


def _row(text: str, tokenizer: Any) -> dict[str, list[int]]:
    ids = list(tokenizer(text.strip())["input_ids"])
    return {"input_ids": ids, "labels": ids}
