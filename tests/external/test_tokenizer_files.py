"""Everyone who opens a base folder reads the tokenizer that its tokenizer.json describes."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from profiles import load_model
from tasks.domain.conversations import Message
from tasks.domain.errors import UnusableModel
from tasks.external.base_model import build_base
from tasks.external.tokenizer import ChatTokenizer
from tasks.external.tokenizer_files import (
    PROBES,
    copy_tokenizer,
    open_tokenizer,
    settle_tokenizer,
)
from tests.fakes.own_profiles import in_folder
from tests.helpers.chat_rows import ROWS
from tests.helpers.tokenizers import opened

SPACES = "Which lake do you mean?"


def relabelled(source: Path, folder: Path, **changes: str) -> Path:
    """A copy of a base whose tokenizer_config.json names another class."""
    shutil.copytree(source, folder)
    change(folder / "tokenizer_config.json", tokenizer_class="LlamaTokenizerFast", **changes)
    return folder


def change(path: Path, **changes: str) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), encoding="utf-8")


def read_back(tokenizer: Any, text: str) -> str:
    return str(tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]))


def test_a_class_that_loses_every_space_is_not_named_by_a_prepared_base(
    tiny_base: Path, tmp_path: Path
) -> None:
    source = relabelled(tiny_base, tmp_path / "source")
    assert read_back(opened(source), SPACES) == "Whichlakedoyoumean?"
    build_base(in_folder(load_model("smollm2"), source), tmp_path / "base")
    for text in PROBES:
        assert read_back(opened(tmp_path / "base"), text) == text
    assert opened(tmp_path / "base").eos_token == opened(tiny_base).eos_token
    for name in ("tokenizer.json", "chat_template.jinja"):
        assert (tmp_path / "base" / name).read_bytes() == (tiny_base / name).read_bytes()


def test_rows_are_encoded_as_tokenizer_json_says_whatever_class_is_named(
    tiny_base: Path, tmp_path: Path
) -> None:
    source = relabelled(tiny_base, tmp_path / "source")
    for row in ROWS.values():
        encoded = ChatTokenizer(source).encode(row)
        assert encoded == ChatTokenizer(tiny_base).encode(row)
        assert not encoded.misread


def test_a_class_that_reads_alike_is_left_alone(tiny_base: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_base, tmp_path / "base")
    before = (tmp_path / "base" / "tokenizer_config.json").read_bytes()
    settle_tokenizer(tmp_path / "base")
    assert (tmp_path / "base" / "tokenizer_config.json").read_bytes() == before


def test_a_base_that_transformers_reads_otherwise_by_its_model_type_is_refused(
    tiny_base: Path, tmp_path: Path
) -> None:
    """Of the type qwen2 transformers takes its own class whatever is named."""
    shutil.copytree(tiny_base, tmp_path / "base")
    change(tmp_path / "base" / "config.json", model_type="qwen2")
    with pytest.raises(UnusableModel, match=r"another one than its tokenizer\.json"):
        settle_tokenizer(tmp_path / "base")


def test_a_row_that_a_tokenizer_loses_text_of_says_where(tiny_base: Path, tmp_path: Path) -> None:
    """With Metaspace written into tokenizer.json itself nothing can be repaired."""
    shutil.copytree(tiny_base, tmp_path / "base")
    path = tmp_path / "base" / "tokenizer.json"
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": False}
    text = json.loads(path.read_text("utf-8")) | {"pre_tokenizer": metaspace}
    path.write_text(json.dumps(text), encoding="utf-8")
    chat = ChatTokenizer(tmp_path / "base")
    for _ in range(2):  # the second goes on from the opening of the first
        misread = chat.encode(ROWS["two questions"]).misread
        assert re.fullmatch("'.+' reads '.+'", misread, re.DOTALL)


def test_a_tokenizer_is_opened_once_until_its_files_change(tiny_base: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_base, tmp_path / "base"))
    first = open_tokenizer(folder)
    assert open_tokenizer(folder) is first
    change(folder / "tokenizer_config.json", pad_token="<|im_start|>")
    assert open_tokenizer(folder).pad_token == "<|im_start|>" != first.pad_token


def test_a_template_that_replaces_the_own_one_is_nobody_elses(tiny_base: Path) -> None:
    own = ChatTokenizer(tiny_base)
    talk = (Message(role="user", content=SPACES),)
    before = own.render(talk, ())
    assert ChatTokenizer(tiny_base, "{{ messages[0].content }}").render(talk, ()) == SPACES
    assert own.render(talk, ()) == ChatTokenizer(tiny_base).render(talk, ()) == before != SPACES


def test_a_copied_tokenizer_is_the_same_byte_by_byte(tiny_base: Path, tmp_path: Path) -> None:
    copy_tokenizer(tiny_base, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"}
    for name in names:
        assert (tmp_path / name).read_bytes() == (tiny_base / name).read_bytes()
