"""The templates of the mission's models, with tokenizers made here that have the families' tokens.

What needs the real ones (their merges, their ids) is asked of them by ``mcp-forge doctor --model``.
"""

import shutil
from pathlib import Path

import pytest

from profiles import FOLDER, Model, load_model
from tasks.domain.conversations import Message, Row, opening
from tasks.domain.gate.templates import template_faults
from tasks.domain.toolcalls import ToolCall, parse
from tasks.domain.toollists import functions
from tasks.external.model_check import check_model
from tasks.external.tokenizer import ChatTokenizer
from tests.fakes.toolsets import CLOCKS
from tests.helpers.tokenizers import QWEN, R1, opened, write_tokenizer
from tests.helpers.trl_templates import shipped_with_trl, trl_checks

TOOLS = functions(CLOCKS)
TOKYO = ToolCall(name="get_current_time", arguments={"timezone": "Asia/Tokyo"})


def tokenizer_of(family: str, template: str, folder: Path) -> Path:
    """A tokenizer with a family's tokens."""
    if family == "r1":
        return write_tokenizer(folder, template, R1, kept=("<think>", "</think>"))
    return write_tokenizer(folder, template, QWEN, kept=("<tool_call>", "</tool_call>"))


TEMPLATES = {
    "qwen-2.5, its own": ("qwen", "qwen2_5.jinja"),
    "qwen-2.5, with markers": ("qwen", "qwen2_5_training.jinja"),
    "deepseek-r1, ours": ("r1", ""),
}


@pytest.fixture(scope="module", params=TEMPLATES)
def mission(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Model, Path]:
    """A mission model, and a tokenizer of its family with the template that it is used with."""
    family, shipped = TEMPLATES[request.param]
    model = load_model("qwen-2.5" if family == "qwen" else "deepseek-r1")
    template = shipped_with_trl(shipped) if shipped else model.template_text
    assert template is not None
    return model, tokenizer_of(family, template, tmp_path_factory.mktemp(family))


def faults(model: Model, folder: Path, template: str | None = None) -> list[str]:
    return template_faults(ChatTokenizer(folder, template), model.stop, model.thinks)


def a_row(*said: Message) -> Row:
    return Row(scenario="standard", messages=(*opening("What time is it?"), *said), tools=TOOLS)


def test_a_mission_models_template_is_fit_for_training(mission: tuple[Model, Path]) -> None:
    assert faults(*mission) == []


def test_a_mission_models_template_passes_trls_own_checks(
    mission: tuple[Model, Path],
) -> None:
    checks, tokenizer = trl_checks(), opened(mission[1])
    assert checks.supports_tool_calling(tokenizer)
    assert checks.is_chat_template_prefix_preserving(tokenizer)
    if checks.has_generation_markers(tokenizer.chat_template):
        assert checks.is_chat_template_stop_token_trained(tokenizer)
    else:  # Qwen's own has none; our mask does not need them
        assert tokenizer.chat_template == shipped_with_trl("qwen2_5.jinja")


def test_tools_are_rendered_and_a_call_is_read_back_without_special_tokens(
    mission: tuple[Model, Path],
) -> None:
    model, folder = mission
    chat, tokenizer = ChatTokenizer(folder), opened(folder)
    row = a_row(Message.assistant("", TOKYO))
    prompt = chat.render(row.prompt, row.tools, add_generation_prompt=True)
    assert all(tool["function"]["name"] in prompt for tool in TOOLS)
    assert prompt.rstrip().endswith("<think>") == model.thinks
    encoded = chat.encode(row)
    trained = [i for i, is_trained in zip(encoded.ids, encoded.trained, strict=True) if is_trained]
    assert trained[-1] == tokenizer.eos_token_id
    completion = tokenizer.decode(trained, skip_special_tokens=True)
    read = parse(completion)
    assert (read.text, read.calls, read.malformed) == ("", (TOKYO,), ())


def test_deepseeks_own_template_is_refused_since_it_ignores_tools(tmp_path: Path) -> None:
    own = shipped_with_trl("deepseek_r1_distill.jinja")
    folder = tokenizer_of("r1", own, tmp_path)
    found = faults(load_model("deepseek-r1"), folder)
    assert any("does not render the tools it is given" in fault for fault in found)


@pytest.mark.parametrize(
    ("model", "change", "message"),
    [
        ("deepseek-r1", ("<think>\\n", ""), "the generation prompt does not open a <think> block"),
        ("deepseek-r1", ("{{- '<｜end▁of▁sentence｜>' -}}", ""), "no stop token is trained"),  # noqa: RUF001
        ("deepseek-r1", ('"arguments": ', '"parameters": '), "is not read back as it was rendered"),
        ("smollm2", ("(tool | tojson)", "'a tool'"), "does not render the tools it is given"),
        (
            "smollm2",
            ("message.content or ''", "(message.content or '') if loop.last else 'I spoke.'"),
            "renders a turn differently when more turns follow",
        ),
    ],
    ids=["thought", "stop", "arguments", "tools", "prefix"],
)
def test_each_way_in_which_a_template_can_be_unfit_is_named(
    model: str, change: tuple[str, str], message: str, tmp_path: Path, tiny_base: Path
) -> None:
    known = load_model(model)
    template = known.template_text
    assert template is not None
    assert change[0] in template
    folder = tiny_base if model == "smollm2" else tokenizer_of("r1", template, tmp_path)
    assert faults(known, folder) == []
    found = faults(known, folder, template.replace(*change))
    assert any(message in fault for fault in found), found


def test_a_stop_text_that_does_not_end_the_turn_is_named(tiny_base: Path) -> None:
    other = load_model("smollm2").model_copy(update={"stop": ("<|im_start|>",)})
    found = faults(other, tiny_base)
    assert found[0] == "none of ['<|im_start|>'] is the tokenizer's end token 2"


def test_the_template_of_a_model_that_is_here_is_looked_at(tmp_path: Path) -> None:
    seen, found = check_model(load_model("smollm2"))
    assert (seen.startswith("renders tools"), found) == (True, [])
    own = (FOLDER / "models" / "deepseek-r1.jinja").read_text("utf-8")
    folder = tokenizer_of("r1", own.replace("tool | tojson", "'x'"), tmp_path)
    source = load_model("smollm2").source.model_copy(
        update={"kind": "folder", "path": str(folder), "package": ""}
    )
    r1 = load_model("deepseek-r1").model_copy(update={"source": source})
    assert check_model(r1)[1] == []  # ours stands in the place of the folder's
    bare = r1.model_copy(update={"chat_template": "", "template_text": None})
    assert "does not render the tools" in check_model(bare)[1][0]


def test_a_model_in_the_hubs_cache_is_looked_at_and_another_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    model = load_model("qwen-2.5")
    assert check_model(model) == ("not downloaded, so not looked at", [])
    # The layout of the hub's cache: models--<owner>--<name>/{refs/main, snapshots/<commit>}.
    place = tmp_path / ("models--" + model.source.repository.replace("/", "--"))
    snapshot = place / "snapshots" / "0123456789"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("0123456789", encoding="utf-8")
    made = tokenizer_of("qwen", shipped_with_trl("qwen2_5.jinja"), tmp_path / "made")
    shutil.copytree(made, snapshot)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    seen, found = check_model(model)
    assert (seen.startswith("renders tools"), found) == (True, [])
