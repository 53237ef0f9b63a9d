"""Packs teach what separate rows teach: the same loss and the same gradient of every weight."""

import importlib.util
import random
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed")
from tasks.external.trainer import attention, gpu_kernel  # noqa: E402

# isort: split
from tasks.external.trainer.steps import StepTrainer  # noqa: E402

# isort: split
from tokenizers import Tokenizer  # noqa: E402
from tokenizers.models import WordLevel  # noqa: E402
from transformers import PreTrainedTokenizerFast  # noqa: E402
from trl import SFTConfig  # noqa: E402

from tasks.external.trainer.batches import PaddedBatch, SharedPrefixPacks, in_parts  # noqa: E402
from tasks.external.trainer.packs import IGNORED  # noqa: E402
from tests.fakes.models import VOCABULARY, tiny_llama, tiny_qwen2  # noqa: E402

MODELS = {"llama": tiny_llama, "qwen2": tiny_qwen2}
ROOMY, TIGHT = 10**6, 90
SYSTEM, CLOCKS, FILES = 7, 40, 55
"""Tokens of the system turn, and of two tool lists behind it."""

Spans = tuple[tuple[int, bool], ...]
CALL: Spans = ((9, False), (12, True))
ANSWERED: Spans = (*CALL, (20, False), (8, True))
CHAT: Spans = ((4, False), (3, True))
CALLS: Spans = (*CALL, (7, False), (5, True), (11, False), (6, True))


def row(number: int, tools: int, spans: Spans) -> dict[str, Any]:
    """A conversation of its own behind a tool list: (tokens, are they trained?) turn by turn."""
    own = random.Random(number)
    ids = random.Random(0).choices(range(VOCABULARY), k=SYSTEM)
    ids += random.Random(tools).choices(range(VOCABULARY), k=tools)
    labels = [IGNORED] * len(ids)
    for length, trained in spans:
        turn = own.choices(range(VOCABULARY), k=length)
        ids += turn
        labels += turn if trained else [IGNORED] * length
    return {"input_ids": ids, "labels": labels}


STEPS: dict[str, list[dict[str, Any]]] = {
    "one row": [row(1, CLOCKS, ANSWERED)],
    "unequal lengths": [row(n, CLOCKS, ((5 * n, False), (n, True))) for n in range(1, 7)],
    "rows without tool calls": [row(n, CLOCKS, CHAT) for n in range(4)],
    "several calls": [row(1, CLOCKS, CALLS), row(2, CLOCKS, CALL), row(3, CLOCKS, ANSWERED)],
    "several prefix groups": [
        row(1, CLOCKS, CALLS),
        row(2, FILES, CALL),
        row(3, CLOCKS, CHAT),
        row(4, FILES, ANSWERED),
        row(5, FILES, CHAT),
        {"input_ids": [3, 1, 4, 1, 5, 9], "labels": [IGNORED] * 3 + [1, 5, 9]},
    ],
    "the same row twice": [row(1, CLOCKS, CALL), row(1, CLOCKS, CALL), row(2, CLOCKS, CHAT)],
    "rows that are all trained": [
        {"input_ids": [n, 5, 6, 7], "labels": [n, 5, 6, 7]} for n in (1, 2)
    ],
}


@cache
def model_of(family: str) -> Any:
    return MODELS[family]()


@pytest.fixture(scope="module")
def trainers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StepTrainer]:
    """One trainer per family, with two rows at once on the device."""
    words = Tokenizer(WordLevel({f"w{n}": n for n in range(VOCABULARY)}, unk_token="w0"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="w2", pad_token="w1")
    arguments = SFTConfig(
        output_dir=str(tmp_path_factory.mktemp("out")),
        per_device_train_batch_size=2,
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        report_to=[],
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
    )
    from datasets import Dataset

    return {
        family: StepTrainer(
            model=model_of(family),
            args=arguments,
            processing_class=tokenizer,
            train_dataset=Dataset.from_list(STEPS["one row"]),
            data_collator=PaddedBatch(1),
        )
        for family in MODELS
    }


def gradients_of(model: Any) -> dict[str, Any]:
    return {n: value.grad.clone() for n, value in model.named_parameters() if value.requires_grad}


def separately(model: Any, rows: list[dict[str, Any]]) -> tuple[float, dict[str, Any]]:
    """Each row for itself through the model's own attention, weighed by its labels."""
    batches = [PaddedBatch(1)([row]) for row in rows]
    counts = [int((batch["labels"][:, 1:] != IGNORED).sum()) for batch in batches]
    model.zero_grad()
    total = 0.0
    for count, batch in zip(counts, batches, strict=True):
        loss = model(**batch).loss * count / sum(counts)
        loss.backward()
        total += loss.item()
    return total, gradients_of(model)


def in_a_step(
    trainer: StepTrainer, batch: dict[str, Any], items: int | None = None
) -> tuple[float, dict[str, Any]]:
    trainer.model.zero_grad()
    loss = trainer.training_step(trainer.model, batch, items)
    return float(loss), gradients_of(trainer.model)


def largest_error(wanted: dict[str, Any], found: dict[str, Any]) -> float:
    """The largest difference of any weight's gradient, relative to its largest gradient."""
    assert wanted.keys() == found.keys()
    assert all(float(gradient.abs().max()) > 0 for gradient in wanted.values())
    return max(
        float((wanted[name] - found[name]).abs().max() / wanted[name].abs().max())
        for name in wanted
    )


@pytest.mark.parametrize("budget", [ROOMY, TIGHT], ids=["roomy", "tight"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("family", MODELS)
def test_packs_have_the_loss_and_gradients_of_separate_rows(
    family: str, step: str, budget: int, trainers: dict[str, StepTrainer]
) -> None:
    """In float32 without dropout the relative error is at most 1e-5; measured: 2e-6."""
    rows = STEPS[step]
    wanted, wanted_gradients = separately(model_of(family), rows)
    loss, gradients = in_a_step(trainers[family], SharedPrefixPacks(budget)(rows))
    assert loss == pytest.approx(wanted, rel=1e-5)
    assert largest_error(wanted_gradients, gradients) <= 1e-5


@pytest.mark.parametrize("step", STEPS)
def test_padded_rows_have_them_too(step: str, trainers: dict[str, StepTrainer]) -> None:
    """Also where a batch holds more rows than the device takes at once."""
    wanted, wanted_gradients = separately(model_of("llama"), STEPS[step])
    loss, gradients = in_a_step(trainers["llama"], PaddedBatch(1)(STEPS[step]))
    assert loss == pytest.approx(wanted, rel=1e-5)
    assert largest_error(wanted_gradients, gradients) <= 1e-5


@pytest.mark.parametrize("family", MODELS)
def test_two_batches_of_uneven_packs_accumulate_to_the_step_of_all_rows(
    family: str, trainers: dict[str, StepTrainer]
) -> None:
    """The divisor is the whole step's number of labels, whatever lies in which batch."""
    rows = STEPS["several prefix groups"]
    wanted, wanted_gradients = separately(model_of(family), rows)
    items = sum(label != IGNORED for row in rows for label in row["labels"])
    trainer, collate = trainers[family], SharedPrefixPacks(TIGHT)
    trainer.model.zero_grad()
    parts = [
        trainer.training_step(trainer.model, collate(part), items) for part in (rows[:5], rows[5:])
    ]
    assert float(sum(parts)) == pytest.approx(wanted, rel=1e-5)
    assert largest_error(wanted_gradients, gradients_of(trainer.model)) <= 1e-5


def test_the_steps_above_are_several_packs_where_they_should_be() -> None:
    packs = {
        (step, budget): len(list(in_parts(SharedPrefixPacks(budget)(rows), 1)))
        for step, rows in STEPS.items()
        for budget in (ROOMY, TIGHT)
    }
    assert packs["unequal lengths", ROOMY] == packs["several calls", ROOMY] == 1
    assert packs["unequal lengths", TIGHT] == 5
    assert packs["several calls", TIGHT] == packs["several prefix groups", ROOMY] == 3
    assert packs["several prefix groups", TIGHT] == 5


def test_the_model_attends_as_before_after_a_step(trainers: dict[str, StepTrainer]) -> None:
    trainer = trainers["llama"]
    before = trainer.model.config._attn_implementation
    in_a_step(trainer, SharedPrefixPacks(ROOMY)(STEPS["several calls"]))
    assert trainer.model.config._attn_implementation == before != attention.NAME


def test_the_layout_of_a_pack_is_read_from_its_positions() -> None:
    assert attention.pack_layout([0, 1, 2, 3, 4, 3, 4, 5, 3]) == (3, [3, 5, 8, 9])
    assert attention.pack_layout([0, 1, 2, 3]) == (0, [0, 4])


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile:UserWarning")
def test_unsloths_kernel_is_told_a_layout_that_means_the_same() -> None:
    """Its file alone is loaded and run without compilation; on a GPU it comes with Unsloth."""
    kernel = _kernel_of_unsloth()
    positions = [0, 1, 2, 3, 4, 3, 4, 5, 3]
    prefix, lengths = gpu_kernel.layout(positions)
    assert (prefix, lengths) == (3, [2, 3, 1])
    segments, _ = kernel.build_seg_info_multigroup([(prefix, lengths)], torch.device("cpu"))
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, heads, len(positions), 16) for heads in (4, 2, 2))
    theirs = kernel.flex_shared_prefix_attention(
        *(x.transpose(1, 2) for x in (query, key, value)), segments, compiled=False
    )
    module = torch.nn.Module()
    module.num_key_value_groups = 2  # type: ignore[assignment]
    ours, _ = attention.shared_prefix_attention(
        module, query, key, value, None, position_ids=torch.tensor([positions])
    )
    assert torch.allclose(ours, theirs, atol=1e-6)


def _kernel_of_unsloth() -> Any:
    found = importlib.util.find_spec("unsloth")
    assert found is not None
    assert found.origin is not None
    path = Path(found.origin).parent / "utils" / "prefix_grouper_kernel.py"
    spec = importlib.util.spec_from_file_location("prefix_grouper_kernel_alone", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module
