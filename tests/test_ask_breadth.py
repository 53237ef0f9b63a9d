"""What a tuned model lost: asked only where a profile or a person wants it, of the right base."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from profiles import Recipe, load_model, load_recipe
from tasks.ask_breadth import check_origin, gguf_model, measure_breadth, request_of
from tasks.domain.errors import BundleInvalid, MachineTooSmall, UnusableModel
from tasks.domain.evaluation.bfcl import ANSWER_TOKENS
from tasks.domain.products import BaseModelFolder, GgufModel, StoredFile, Turns
from tasks.domain.training.requirements import Request
from tasks.external.bfcl_package import MODULE, VERSION
from tasks.external.machine import look
from tests.fakes.bfcl import need_the_package
from tests.fakes.bundles import time_tools, write_bundle

NOWHERE = StoredFile(uri="nowhere", sha256="0", size_bytes=0)
GGUF = GgufModel(name="none", files=NOWHERE, quantization="q8_0")


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where it is not installed."""
    monkeypatch.setitem(sys.modules, MODULE, None)  # type: ignore[arg-type]


def asking(questions: int) -> Recipe:
    return load_recipe("time", "smollm2", f"demo evaluation.breadth_per_category={questions}")


def bundle(folder: Path, **facts: Any) -> str:
    agent = {
        "file": {"name": "model.gguf", "quantization": "q5_k_m"},
        "toolset_fingerprint": time_tools().fingerprint,
        "stop": ["<|im_end|>"],
        "max_seq_length": 512,
    }
    return str(write_bundle(folder / "bundle", agent=json.dumps(agent | facts)))


@pytest.mark.usefixtures("no_package")
def test_without_the_package_the_first_stage_says_so_and_the_last_how_it_is_installed() -> None:
    seen = [look(Request(model=load_model("smollm2"), profile=asking(n).profile)) for n in (0, 1)]
    assert [MODULE in machine.missing_packages for machine in seen] == [False, True]
    with pytest.raises(MachineTooSmall, match=f"pip install --no-deps bfcl-eval=={VERSION}"):
        measure_breadth(GGUF, GGUF, asking(1))


@pytest.mark.usefixtures("no_package")
def test_a_profile_that_asks_for_no_breadth_needs_no_package() -> None:
    assert measure_breadth(GGUF, GGUF, asking(0)) is None


def test_a_bundle_says_which_base_is_asked_and_how_its_weights_are_stored(tmp_path: Path) -> None:
    need_the_package()
    folder = bundle(tmp_path, model="smollm2", base={"origin": "here"}, max_answer_tokens=16)
    request = request_of(folder, 3, seed=5)
    assert (request.base.name, request.origin, request.quantization) == (
        "smollm2",
        "here",
        "q5_k_m",
    )
    assert request.plan.model_dump() == {
        "per_category": 3,
        "seed": 5,
        "stop": ("<|im_end|>",),
        "answer_tokens": ANSWER_TOKENS,
    }
    turns = Turns(opening="", tools=("", "", ""), no_tools="", between={}, prompt={})
    base = BaseModelFolder(
        model="smollm2", files=NOWHERE, origin="here", licence="none", turns=turns
    )
    assert check_origin(base, request) == base
    with pytest.raises(UnusableModel, match=r"tuned on here, and smollm2 is there here; .*--base"):
        check_origin(base.model_copy(update={"origin": "there"}), request)


def test_a_bundle_that_names_no_base_is_refused(tmp_path: Path) -> None:
    need_the_package()
    with pytest.raises(BundleInvalid, match=r"agent\.yaml names no model; needed the base"):
        request_of(bundle(tmp_path), 3, seed=5)


def test_a_file_stored_in_a_way_that_no_base_is_exported_in_is_refused(tmp_path: Path) -> None:
    need_the_package()
    stored = {"name": "model.gguf", "quantization": "iq2_xs"}
    with pytest.raises(BundleInvalid, match="quantization 'iq2_xs'; needed one of f16, q8_0"):
        request_of(bundle(tmp_path, model="smollm2", file=stored), 3, seed=5)


def test_a_base_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=r"base\.gguf: no such file; needed a GGUF file"):
        gguf_model("base", tmp_path / "base.gguf", "q8_0")
