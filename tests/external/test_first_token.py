"""The token that a vocabulary puts in front of every text comes once, as in training.

With a stand-in of DeepSeek-R1-Distill-Llama, whose vocabulary and template are its own.
"""

from pathlib import Path

import httpx
import pytest

from profiles import load_model
from tasks.domain.conversations import opening
from tasks.domain.gate.templates import template_faults
from tasks.external.base_model import build_base
from tasks.external.llama_cpp import convert, missing_for, served
from tasks.external.student import student
from tasks.external.tokenizer import ChatTokenizer
from tests.fakes.own_profiles import in_folder
from tests.fakes.stand_ins import R1_TOKENS, missing_vocabularies, write_r1
from tests.helpers.needs import need

FIRST = R1_TOKENS[0]
R1 = load_model("deepseek-r1")
TALK = opening("Which lake do you mean?")


@pytest.fixture(scope="module", autouse=True)
def llama_cpp() -> None:
    """The converter, its vocabularies and the server."""
    need(*missing_for("f16"), *missing_vocabularies("llama-bpe"))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base as a run prepares it."""
    folder = tmp_path_factory.mktemp("base")
    source = write_r1(tmp_path_factory.mktemp("source"))
    build_base(in_folder(R1, source), folder)
    return folder


@pytest.fixture(scope="module")
def exported(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its GGUF file."""
    from tasks.external.trainer.merging import merge

    folder = tmp_path_factory.mktemp("exported")
    merge(base, None, folder / "merged")
    convert(folder / "merged", folder / "r1.gguf", "f16")
    return folder / "r1.gguf"


@pytest.mark.parametrize("adds_first", [True, False])
def test_the_server_completes_the_trained_tokens_whoever_adds_the_first(
    adds_first: bool, exported: Path, base: Path, tmp_path: Path
) -> None:
    gguf = with_first_token(exported, adds_first, tmp_path)
    chat = ChatTokenizer(base)
    trained = chat.ids(chat.render(TALK, (), add_generation_prompt=True))
    assert trained.count(chat.ids(FIRST)[0]) == 1
    with student(gguf, (), max_tokens=1) as model:
        assert model.prompt_tokens(TALK, ()) == trained
        # llama.cpp renders it only where it does not add it.
        assert model.prompt(TALK, ()).startswith(FIRST) != adds_first
        assert model.prompt(TALK, ()).count(FIRST) == (not adds_first)
    with served(gguf, 512) as url:
        prompt = {"messages": [message.as_dict() for message in TALK]}
        text = httpx.post(f"{url}/apply-template", json=prompt).json()["prompt"]
        body = {"prompt": text, "n_predict": 1, "temperature": 0}
        said = httpx.post(f"{url}/completion", json=body, timeout=60).json()
    assert said["tokens_evaluated"] == len(trained)


def test_a_template_that_leaves_the_first_token_out_is_named_at_the_start(base: Path) -> None:
    assert template_faults(ChatTokenizer(base), R1.stop, R1.thinks) == []
    bare = str(R1.template_text).replace("(bos_token or '') + ", "")
    (fault,) = template_faults(ChatTokenizer(base, bare), R1.stop, R1.thinks)
    assert fault.startswith(f"begins without '{FIRST}', which the vocabulary puts first")


def with_first_token(gguf: Path, adds: bool, folder: Path) -> Path:
    """A copy whose header says whether the vocabulary begins every text with its first token."""
    data = bytearray(gguf.read_bytes())
    key = b"tokenizer.ggml.add_bos_token"
    data[data.index(key) + len(key) + 4] = adds  # behind the type, four bytes
    copy = folder / f"{adds}.gguf"
    copy.write_bytes(data)
    return copy
