"""What becomes of generated rows: some are replaced by a person's own."""

import json
from pathlib import Path

import pytest

from profiles import OwnData, Server, load_profile
from tasks.domain.errors import UnusableData
from tasks.domain.products import Dataset
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.simulation import simulate
from tasks.external.dataset_files import heldout_rows, keep_rows, train_rows
from tasks.mix_dataset import mix_dataset
from tests.fakes.toolsets import CLOCKS


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Sixty generated rows, all with the server's own list."""
    numbers = {
        "samples": 60,
        "heldout_calls": 6,
        "heldout_no_tool": 3,
        "list_augmentation_share": 0.0,
    }
    data = load_profile("balanced").data.model_copy(update=numbers)
    server = Server(name="clocks", tools_file="clocks.json")
    written = write_rows(
        CLOCKS, server, data, lambda call: simulate(CLOCKS.tool(call.name), call, 1)
    )
    return Dataset(
        **keep_rows("given", written.train, written.heldout, None),
        toolset_fingerprint=CLOCKS.fingerprint,
        seed=1,
        planned=written.planned,
    )


def own_file(folder: Path, count: int) -> Path:
    lines = [
        {
            "conversations": [
                {"from": "human", "value": f"how is number {n} doing"},
                {"from": "gpt", "value": "Well."},
            ]
        }
        for n in range(count)
    ]
    file = folder / "own.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return file


def test_own_rows_take_their_share_and_a_tenth_of_them_is_held_out(
    dataset: Dataset, tmp_path: Path
) -> None:
    made = mix_dataset.fn(dataset, CLOCKS, OwnData(file=str(own_file(tmp_path, 40)), share=0.25))
    rows = list(train_rows(made))
    assert len(rows) == made.train_rows == 60
    assert sum(row.source == "own" for row in rows) == 15
    apart = list(heldout_rows(made))
    assert len(apart) == made.heldout_rows == dataset.heldout_rows + 4
    assert all(row.tools == rows[0].tools for row in rows)
    assert made.planned is not None
    assert sum(made.planned.values()) == pytest.approx(0.75)
    assert made.notes[-1] == "25% of the training rows are from own.jsonl"


def test_own_rows_that_the_model_is_asked_afterwards_are_left_out(
    dataset: Dataset, tmp_path: Path
) -> None:
    asked = dataset.model_copy(
        update={"reserved": ("How is number 3 doing?", "how is number 4 doing")}
    )
    made = mix_dataset.fn(asked, CLOCKS, OwnData(file=str(own_file(tmp_path, 20)), share=0.25))
    texts = {row.user_text for row in (*train_rows(made), *heldout_rows(made))}
    assert texts.isdisjoint({"how is number 3 doing", "how is number 4 doing"})
    assert made.notes[-1].endswith("; 2 say what the model is asked afterwards and were left out")


def test_no_own_file_changes_nothing(dataset: Dataset) -> None:
    assert mix_dataset.fn(dataset, CLOCKS, None) is dataset


def test_a_bad_line_of_an_own_file_is_one_error(dataset: Dataset, tmp_path: Path) -> None:
    file = own_file(tmp_path, 2)
    file.write_text(file.read_text("utf-8") + "\n{", encoding="utf-8")
    with pytest.raises(UnusableData, match=r"^own\.jsonl:3: not JSON"):
        mix_dataset.fn(dataset, CLOCKS, OwnData(file=str(file), share=0.3))
