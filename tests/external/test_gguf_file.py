"""The header of a GGUF file is read as gguf's own reader reads it, its lists at once."""

from pathlib import Path

import pytest
from gguf import GGUFReader, GGUFWriter

from tasks.domain.errors import UnusableModel
from tasks.external.gguf_file import GgufFile

LISTS = {
    "texts": ["", "a", "ü b", "▁東京🙂", "x" * 300],
    "whole": [0, -1, 2**31 - 1],
    "parts": [0.5, -1.25],
    "switches": [True, False],
    "one": ["alone"],
}


def written(path: Path) -> Path:
    """A file with lists of each kind, between values of other kinds."""
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(2)
    for name, values in LISTS.items():
        writer.add_array(name, values)
        writer.add_string(f"behind {name}", "ok")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_every_value_is_what_ggufs_own_reader_says(tmp_path: Path) -> None:
    path = written(tmp_path / "lists.gguf")
    fields = GGUFReader(path).fields.items()
    facts = GgufFile(path).facts
    assert facts == {name: field.contents() for name, field in fields if "GGUF." not in name}
    assert {name: facts[name] for name in LISTS} == LISTS


def test_a_file_that_ends_inside_a_list_of_texts_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "lists.gguf")
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"x" * 300) + 10])
    with pytest.raises(UnusableModel, match=r"lists\.gguf: not a GGUF file: it ends inside"):
        GgufFile(path)
