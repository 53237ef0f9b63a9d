"""A list of 200 tools, from the server to rows that the gate lets through, as one run does it."""

import json
from pathlib import Path
from typing import Any

import pytest
from prefect.logging import disable_run_logger

from profiles import Profile, Server, load_model, load_profile
from tasks.domain.conversations import SYSTEM_PROMPT
from tasks.domain.evaluation.confusion import recall
from tasks.domain.gate.quality import judge, refusal, rules_for
from tasks.domain.products import BaseModelFolder, Dataset
from tasks.domain.prompting.fitting import FittedTools
from tasks.external.dataset_files import heldout_rows, train_rows
from tasks.external.servers import read_toolset_of
from tasks.external.tokenizer import ChatTokenizer
from tasks.fit_toolset import fit_toolset
from tasks.measure_tools import measure_tools
from tasks.prepare_base import prepare_base
from tasks.show_tools import show_tools
from tasks.synthesize_dataset import synthesize_dataset
from tests.fakes.own_profiles import in_folder
from tests.fakes.toolsets import many_tools

TOOLS = 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    file = tmp_path_factory.mktemp("lists") / "many.json"
    file.write_text(json.dumps(many_tools(TOOLS)), encoding="utf-8")
    return Server(name="many", tools_file=str(file))


@pytest.fixture(scope="module")
def base(tiny_base: Path) -> BaseModelFolder:
    return prepare_base.fn(in_folder(load_model("smollm2"), tiny_base))


def profile(**changes: Any) -> Profile:
    chosen = load_profile("cpu")
    data = chosen.data.model_copy(update={"samples": 8 * TOOLS})
    return chosen.model_copy(update={"data": data, **changes})


def fitted(server: Server, base: BaseModelFolder, chosen: Profile) -> FittedTools:
    model = in_folder(load_model("smollm2"), Path(base.files.uri))
    with disable_run_logger():
        return fit_toolset.fn(read_toolset_of(server), base, model, chosen)


@pytest.fixture(scope="module")
def fit(server: Server, base: BaseModelFolder) -> FittedTools:
    """Without a switch."""
    return fitted(server, base, profile())


@pytest.fixture(scope="module")
def chosen_from(server: Server, base: BaseModelFolder) -> FittedTools:
    """The list as a profile for a GPU would take it."""
    return fitted(server, base, profile(long_lists="selected"))


@pytest.fixture(scope="module")
def dataset(server: Server, fit: FittedTools) -> Dataset:
    """The rows that a run would train on."""
    return shown(server, fit)


def shown(server: Server, fit: FittedTools) -> Dataset:
    with disable_run_logger():
        written = synthesize_dataset.fn(fit.toolset, server, fit.profile.data)
    return show_tools.fn(written, fit)


def test_rows_of_a_long_list_pass_the_gate_without_a_switch(
    fit: FittedTools, dataset: Dataset, base: BaseModelFolder
) -> None:
    assert fit.prompt.mode == "none"
    tokenizer = ChatTokenizer(Path(base.files.uri))
    report = judge(
        train_rows(dataset),
        heldout_rows(dataset),
        fit.profile.quality,
        fit.profile.training.max_seq_length,
        tokenizer.encode,
        dataset.planned,
        rules_for(tokenizer.control),
    )
    assert report.passed, refusal(report)
    assert set(report.tools) == {tool["name"] for tool in many_tools(TOOLS)}


def test_a_long_list_stands_once_beside_its_rows(server: Server, chosen_from: FittedTools) -> None:
    dataset = shown(server, chosen_from)
    assert dataset.tools is not None
    assert dataset.train.size_bytes < dataset.train_rows * dataset.tools.size_bytes / 20
    rows = list(heldout_rows(dataset))
    assert {len(row.tools) for row in rows} == {TOOLS}
    assert {len(row.listed) for row in rows} == {chosen_from.prompt.selected}
    found = recall(rows)
    assert found is not None
    assert found.value > 0.9


@pytest.mark.parametrize("mode", ["none", "names"])
def test_a_list_in_the_weights_takes_no_schema_into_a_row(
    server: Server, base: BaseModelFolder, mode: str
) -> None:
    dataset = shown(server, fitted(server, base, profile(tools_in_prompt=mode)))
    row = next(train_rows(dataset))
    assert row.listed == ()
    names_in_prompt = row.messages[0].content != SYSTEM_PROMPT
    assert names_in_prompt == (mode == "names")


def test_the_table_of_sizes_has_every_tool_and_what_becomes_of_the_list(
    server: Server, base: BaseModelFolder
) -> None:
    model = in_folder(load_model("smollm2"), Path(base.files.uri))
    text = measure_tools(server, model, profile())
    assert all(tool["name"] in text for tool in many_tools(TOOLS))
    assert f"prompts list none of the {TOOLS} tools" in text
    text = measure_tools(server, model, profile(long_lists="selected"))
    assert f"of the {TOOLS} tools a prompt lists the 8" in text
