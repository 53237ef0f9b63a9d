"""The files of a dataset: what is kept is read back, and a file that is no rows is named."""

from typing import Any

import pytest

from tasks.domain.conversations import Message, Row
from tasks.domain.errors import UnusableData
from tasks.domain.products import Dataset
from tasks.external.dataset_files import (
    LARGEST_REPEATED,
    heldout_rows,
    keep_rows,
    keep_text,
    train_rows,
)


def row_with(description: str) -> Row:
    function = {"name": "look_up", "description": description}
    return Row(
        scenario="no_tool",
        messages=(Message(role="user", content="Hi"), Message(role="assistant", content="Grüezi")),
        tools=({"type": "function", "function": function},),
    )


def dataset_of(fields: dict[str, Any]) -> Dataset:
    return Dataset(**fields, toolset_fingerprint="", seed=1)


@pytest.mark.parametrize("length", [1, LARGEST_REPEATED])
def test_rows_are_read_back_as_they_were_written(length: int) -> None:
    row = row_with("x" * length)
    dataset = dataset_of(keep_rows("kept", [row, row], [row], row.tools))
    assert (dataset.tools is None) == (length == 1)
    assert (dataset.train_rows, dataset.heldout_rows) == (2, 1)
    assert list(train_rows(dataset)) == [row, row]
    assert list(heldout_rows(dataset)) == [row]


def test_a_file_that_holds_no_rows_is_named_with_the_line() -> None:
    row = row_with("")
    fields = keep_rows("kept", [row], [row], None)
    fields["train"] = keep_text("kept", "train.jsonl", "not a row\n")
    with pytest.raises(UnusableData, match=r"train\.jsonl:1: not JSON"):
        list(train_rows(dataset_of(fields)))
