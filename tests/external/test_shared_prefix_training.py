"""A whole training with packs: the same losses as without, and none where packs are not right."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from triton.compiler.errors import CompilationError
from triton.runtime.errors import OutOfResources

from tasks.domain.conversations import Message
from tasks.domain.errors import OutOfMemory, TrainingInterrupted
from tasks.domain.writing.list_augmentation import list_numbers
from tasks.external.trainer import engine
from tasks.external.trainer.batches import PaddedBatch
from tasks.external.trainer.packs import IGNORED
from tasks.external.trainer.self_check import find_fault
from tests.fakes.models import make_blind, make_refusing
from tests.helpers.training import (
    BOTH,
    CITIES,
    Recorder,
    assistant,
    conversation,
    difference,
    encoder,
    looked_up,
    prepared,
    settings,
    weights,
)

TWENTY: dict[str, Any] = {"max_steps": 20, "learning_rate": 1e-3, "pack_tokens": 700}
"""Four rows of about 250 tokens behind a prefix of about 160: two or three packs a step."""


def data_of(base: Path, *, numbered: bool = False) -> Any:
    """Rows of three tool lists: with a call, with several, without any."""
    texts = [looked_up(city, "Please, " * (n % 4)) for n, city in enumerate(CITIES * 3)]
    texts += [conversation(f"Hi {n}", assistant("Hello " * n), tools=BOTH[1:]) for n in range(1, 5)]
    result = Message(role="tool", content="12:30")
    texts += [
        conversation(
            f"Both {n}?", assistant("Both.", *CITIES[:2]), result, assistant("12:30."), tools=BOTH
        )
        for n in range(4)
    ]
    lists = list_numbers(texts) if numbered else []
    return engine.prepare_dataset([encoder(base)(text) for text in texts], lists)


def trained(
    base: Path, folder: Path, *, alter: Callable[[Any], None] | None = None, **changes: Any
) -> tuple[Any, Any, Recorder]:
    training, recorder = settings(**changes), Recorder()
    model, tokenizer = prepared(base, training)
    if alter is not None:
        alter(model)
    data = data_of(base)
    record = engine.train(model, tokenizer, data, data.select(range(5)), training, folder, recorder)
    return record, model, recorder


@pytest.fixture(scope="module")
def both(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The same twenty steps with packs and with padded batches."""
    return {
        share: trained(tiny_base, tmp_path_factory.mktemp(share), share_prefix=share, **TWENTY)
        for share in ("auto", "off")
    }


def test_twenty_steps_have_the_losses_of_padded_batches(both: dict[str, Any]) -> None:
    """At a rate of 1e-3 they differ by at most 1e-4; measured: 2e-6, at losses of 11.0 to 10.1.

    Adam divides each gradient by its own size, so that rounding of 1e-7 where a gradient is almost
    nothing grows with the rate.
    """
    packed, plain = (dict(both[share][0].losses) for share in ("auto", "off"))
    assert list(packed) == list(plain) == list(range(1, 21))
    differences = [abs(packed[step] - plain[step]) for step in packed]
    assert max(differences) <= 1e-4
    assert plain[20] < plain[1] - 0.1


def test_packs_are_trained_with_checkpointing_too(tiny_base: Path, tmp_path: Path) -> None:
    """Layers are computed again on the way back, with the attention that packs need."""
    changes = {"gradient_checkpointing": "unsloth", "max_steps": 2}
    record, _, _ = trained(tiny_base, tmp_path, **changes)
    assert record.notes == ()
    assert record.effective["shared_prefix"] is True


def test_the_check_before_a_training_goes_backward_with_its_checkpointing(
    tiny_base: Path, tmp_path: Path
) -> None:
    """Unsloth's trainer is built ready for inference, where every activation would be kept."""
    training = settings(gradient_checkpointing="unsloth", max_steps=1)
    model, tokenizer = prepared(tiny_base, training)
    data = data_of(tiny_base)
    trainer, _ = engine._trainer(model, tokenizer, data, None, training, tmp_path, Recorder())
    seen: list[bool] = []

    def look(module: Any, _: Any) -> None:
        if torch.is_grad_enabled():
            seen.append(bool(module.gradient_checkpointing))

    layered = [one for one in model.modules() if hasattr(one, "gradient_checkpointing")]
    for module in layered:
        module.gradient_checkpointing = False  # as Unsloth leaves them on a GPU
        module.register_forward_pre_hook(look)
    assert find_fault(trainer, list(data.select(range(4))), training.pack_tokens) == ""
    assert seen
    assert all(seen)


def test_the_record_says_whether_packs_were_trained(both: dict[str, Any]) -> None:
    packed, plain = (both[share][0].effective for share in ("auto", "off"))
    assert (packed["shared_prefix"], plain["shared_prefix"]) == (True, False)
    assert packed["per_device_batch_size"] == 4
    assert packed["gradient_accumulation_steps"] == 1
    assert plain["per_device_batch_size"] == plain["gradient_accumulation_steps"] == 2
    assert both["auto"][0].notes == ()
    assert both["auto"][2].moments()[0] == "started"


def test_the_evaluation_loss_is_the_mean_over_all_held_out_labels(
    both: dict[str, Any], tiny_base: Path
) -> None:
    """Not the mean of batches' means, and the same for packs and for padded rows."""
    (record, model, _), (plain, _, _) = both["auto"], both["off"]
    held_out = list(data_of(tiny_base).select(range(5)))
    counts = [sum(label != IGNORED for label in row["labels"]) for row in held_out]
    model.eval()
    with torch.no_grad():
        losses = [float(model(**PaddedBatch(2)([row])).loss) for row in held_out]
    wanted = sum(loss * n for loss, n in zip(losses, counts, strict=True)) / sum(counts)
    assert record.eval_loss == pytest.approx(wanted, rel=1e-5)
    assert plain.eval_loss == pytest.approx(wanted, abs=1e-4)


def test_a_kernel_that_lets_rows_see_each_other_is_found_and_plain_batches_are_trained(
    tiny_base: Path, tmp_path: Path
) -> None:
    """Plain batches are right with it, since causal attention never looks at the padding behind."""
    changes = {"max_steps": 3, "learning_rate": 1e-3}
    record, _, recorder = trained(tiny_base, tmp_path / "blind", alter=make_blind, **changes)
    wanted, _, _ = trained(tiny_base, tmp_path / "off", share_prefix="off", **changes)
    assert recorder.moments()[:2] == ["fell_back", "started"]
    fault = recorder[0].detail
    assert "packs give a loss of" in fault
    assert "for the first 4 rows" in fault
    assert (recorder[0].step, recorder[0].total_steps) == (0, 3)
    assert record.notes == (fault,)
    assert record.requested["share_prefix"] == "auto"
    assert record.effective["shared_prefix"] is False
    assert record.effective["gradient_accumulation_steps"] == 2
    losses = [[loss for _, loss in one.losses] for one in (record, wanted)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OutOfResources(262144, 101376, "shared memory"),
            "OutOfResources: out of resource: shared",
        ),
        (CompilationError("tl.dot(q, k)", None, "no"), "CompilationError: "),
        (torch.AcceleratorError("CUDA error: invalid configuration", 9), "CUDA error: invalid"),
        (TypeError("unexpected keyword argument 'prefix_seg_info'"), "'prefix_seg_info'"),
    ],
    ids=["resources", "compilation", "cuda", "no such argument"],
)
def test_a_kernel_that_fails_on_packs_is_found_and_plain_batches_are_trained(
    error: Exception, words: str, tiny_base: Path, tmp_path: Path
) -> None:
    refusing = partial(make_refusing, error=error)
    record, _, recorder = trained(tiny_base, tmp_path / "refusing", alter=refusing, max_steps=2)
    assert recorder.moments()[:2] == ["fell_back", "started"]
    assert recorder.moments()[-1] == "finished"
    assert record.notes == (recorder[0].detail,)
    assert record.notes[0].startswith("packs cannot be computed here (")
    assert words in record.notes[0]
    assert record.effective["shared_prefix"] is False
    assert record.steps == 2


def test_a_kernel_that_fails_on_its_way_back_is_found_too(tiny_base: Path, tmp_path: Path) -> None:
    """Losses of both ways agree, and the first step would have ended the training."""
    error = OutOfResources(262144, 101376, "shared memory")
    refusing = partial(make_refusing, error=error, only_backward=True)
    record, _, _ = trained(tiny_base, tmp_path, alter=refusing, max_steps=2)
    assert record.notes[0].startswith("packs cannot be computed here (OutOfResources")
    assert record.effective["shared_prefix"] is False
    assert record.steps == 2


def test_memory_that_runs_out_in_the_check_is_no_fault_of_packs(
    tiny_base: Path, tmp_path: Path
) -> None:
    """It goes down the ladder like memory that runs out in a step; here no rung helps."""
    refusing = partial(make_refusing, error=torch.OutOfMemoryError("CUDA out of memory. Tried"))
    with pytest.raises(OutOfMemory, match="CUDA out of memory"):
        trained(tiny_base, tmp_path, alter=refusing, max_steps=2)


def test_steps_of_one_tool_list_are_the_same_after_a_resume(
    tiny_base: Path, tmp_path: Path
) -> None:
    """Twenty rows of three lists are five steps of four rows each, in a new order each epoch."""
    training = settings(**TWENTY | {"max_steps": 9})
    data = data_of(tiny_base, numbered=True)

    def run(folder: Path, recorder: Recorder) -> dict[str, torch.Tensor]:
        model, tokenizer = prepared(tiny_base, training)
        engine.train(model, tokenizer, data, None, training, folder, recorder)
        return weights(model, adapter=True)

    straight = run(tmp_path / "straight", Recorder())
    with pytest.raises(TrainingInterrupted):
        run(tmp_path / "broken", Recorder(interrupt_at=7))
    assert difference(run(tmp_path / "broken", Recorder()), straight) == 0.0
