"""Each family of profiles/models/ from base to GGUF, with a tiny random model of its architecture.

The templates are those that the models are used with: ours, or the copy of the maker's that TRL
ships. What a family's own template or architecture lacks is said before anything is trained.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.numpy import load_file, save_file

import profiles
from profiles import Lora, Model, load_model, load_profile
from profiles.settings import Settings
from tasks.check_machine import examine
from tasks.domain.bundle.modelfile import modelfile
from tasks.domain.conversations import Message, Row, opening
from tasks.domain.errors import UnusableModel
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import functions
from tasks.domain.training.progress import TrainingUpdate
from tasks.domain.training.sizes import parameters
from tasks.external.base_model import build_base, read_architecture
from tasks.external.gguf_check import check_gguf
from tasks.external.gguf_names import ARCHITECTURES
from tasks.external.llama_cpp import convert, missing_for, unknown_to_server
from tasks.external.model_check import model_faults
from tasks.external.tokenizer import ChatTokenizer
from tasks.external.tokenizer_files import settle_tokenizer
from tasks.external.trainer import engine
from tasks.external.trainer.merging import merge, save_adapter
from tasks.prepare_base import prepare_base
from tests.fakes.families import FAMILIES, write_model
from tests.fakes.own_profiles import model as model_file
from tests.fakes.own_profiles import write
from tests.fakes.templates import template_of, turns_of
from tests.fakes.toolsets import CLOCKS
from tests.helpers.needs import need
from tests.helpers.trl_templates import shipped_with_trl

DEMO = load_profile("demo")
LORA = Lora(rank=4, alpha=8, dropout=0.0, target_modules=DEMO.lora.target_modules)
TRAINING = DEMO.training.model_copy(
    update={
        "per_device_batch_size": 2,
        "gradient_accumulation_steps": 2,
        "max_steps": 1,
        "learning_rate": 0.1,
        "warmup_ratio": 0.0,
        "gradient_checkpointing": "off",
    }
)
TOOLS = functions(CLOCKS)
ALIKE = {"llama-3.1": "llama-3.2", "qwen-3-0.6b": "qwen-3"}
"""Models that are exported as another one is: same architecture, nothing odd about the turns."""

Built = Callable[[str], tuple[Model, Path]]


def offline(model: Model, folder: Path, **changes: Any) -> Model:
    """The model with its files in a folder."""
    source = profiles.Source(kind="folder", path=str(folder))
    return model.model_copy(update={"source": source, "load_in_4bit": False} | changes)


@pytest.fixture(scope="module")
def built(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A model of profiles/models/ with a tiny base of its family, made once."""
    made: dict[str, tuple[Model, Path]] = {}

    def build(name: str) -> tuple[Model, Path]:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            write_model(FAMILIES[name], tiny_base, folder, template_of(name))
            settle_tokenizer(folder)
            made[name] = offline(load_model(name), folder), folder
        return made[name]

    return build


def rows(chat: ChatTokenizer) -> list[Any]:
    def row(text: str, *said: Message) -> Row:
        return Row(scenario="standard", messages=(*opening(text), *said), tools=TOOLS)

    def called(zone: str) -> tuple[Message, ...]:
        call = ToolCall(name="get_current_time", arguments={"timezone": zone})
        result = Message(role="tool", content="0")
        return Message.assistant("", call), result, Message.assistant("It is 12:30.")

    zones = ("Asia/Tokyo", "Europe/Zurich", "America/Lima", "Africa/Cairo")
    return [chat.encode(row(f"What time is it in {zone}?", *called(zone))) for zone in zones]


def test_every_model_of_a_family_of_its_own_is_proven_here() -> None:
    mission = {"deepseek-r1", "qwen-2.5", "qwen-2.5-7b", "smollm2"}
    assert set(profiles.models()) == mission | set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_has_nothing_that_a_late_stage_would_refuse(name: str, built: Built) -> None:
    model, folder = built(name)
    assert model_faults(model, folder) == []
    assert model_faults(model) == []


def test_our_templates_of_the_families_differ_in_their_first_lines_only() -> None:
    bodies = {
        (template or "").partition("{%- if messages[0].role")[2]
        for template in (load_model(name).template_text for name in FAMILIES)
        if template
    }
    assert len(bodies) == 1
    assert len(bodies.pop()) > 1000


@pytest.mark.parametrize("name", FAMILIES)
def test_the_turns_of_a_modelfile_are_learned_without_the_token_that_llama_cpp_adds(
    name: str, built: Built
) -> None:
    chat, first = ChatTokenizer(built(name)[1]), FAMILIES[name].special[0]
    turns = chat.turns()
    if name.startswith("llama") and not chat.first_token:
        # SmolLM2's vocabulary stands in for theirs and adds nothing, so their template does.
        assert turns.opening.startswith(first)
        turns = turns.model_copy(update={"opening": turns.opening.removeprefix(first)})
    assert turns == turns_of(name)
    assert not turns.opening.startswith(first) or first == "<|im_start|>"


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in ALIKE])
def test_a_family_is_trained_merged_exported_and_served(
    name: str, built: Built, tmp_path: Path
) -> None:
    need(*missing_for("f16"))
    model, folder = built(name)
    tuned, tokenizer = engine.load_model(folder, model, LORA, TRAINING)
    encoded = engine.prepare_dataset(rows(ChatTokenizer(folder)))
    told: list[TrainingUpdate] = []
    record = engine.train(
        tuned, tokenizer, encoded, None, TRAINING, tmp_path / "checkpoints", told.append
    )
    assert 0 < record.first_loss < 20
    learned = [value.detach().abs().max() for n, value in tuned.named_parameters() if "lora_B" in n]
    assert len(learned) == 2 * len(LORA.target_modules)
    assert min(map(float, learned)) > 0
    fell_back = [update.detail for update in told if update.moment == "fell_back"]
    slides = "sliding_window" in FAMILIES[name].odd
    assert [reason.startswith("the longest row has ") for reason in fell_back] == [True] * slides
    save_adapter(tuned, tmp_path / "adapter")
    merge(folder, tmp_path / "adapter", tmp_path / "merged")
    convert(tmp_path / "merged", tmp_path / "model.gguf", "f16")
    notes = check_gguf(tmp_path / "model.gguf", tmp_path / "merged", "f16", model.stop)
    assert notes[0].startswith(f"{len(load_file(folder / 'model.safetensors'))} tensors compared")


@pytest.mark.parametrize("name", profiles.models())
def test_the_sizes_of_every_model_are_those_that_transformers_builds(name: str) -> None:
    shape = load_model(name).architecture
    assert shape is not None
    like = {"deepseek-r1": "Llama", "smollm2": "Llama", "qwen-2.5": "Qwen2", "qwen-2.5-7b": "Qwen2"}
    kind = like[name] if name in like else FAMILIES[name].architecture
    config = getattr(transformers, f"{kind}{'Text' if kind == 'Gemma3' else ''}Config")
    sizes = shape.model_dump(exclude_none=True, exclude={"qk_norm", "norms_per_layer"})
    if kind == "Qwen2":
        del sizes["attention_bias"]  # its configuration does not say so, its modules do
    with torch.device("meta"):
        whole = getattr(transformers, f"{kind}ForCausalLM")(config(pad_token_id=0, **sizes))
    assert parameters(shape) == whole.num_parameters()


@pytest.mark.parametrize("name", FAMILIES)
def test_sizes_that_a_configuration_leaves_unsaid_are_known(name: str, built: Built) -> None:
    folder = built(name)[1]
    weights = load_file(folder / "model.safetensors").values()
    assert parameters(read_architecture(folder)) == sum(weight.size for weight in weights)


UNFIT = {
    "llama-3.2": ("llama-3.2", "llama3_2.jinja", "is not read back as it was rendered"),
    "llama-3.1": ("llama-3.1", "llama3_1.jinja", "is not read back as it was rendered"),
    "gemma-3": ("gemma-3", "gemma3.jinja", "does not render the tools it is given"),
    "qwen-3": ("qwen-3-0.6b", "qwen3.jinja", "renders a turn differently when more turns follow"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_makers_own_template_that_does_not_serve_is_one_sentence(name: str, built: Built) -> None:
    alike, shipped, fault = UNFIT[name]
    model, folder = built(alike)
    own = model.model_copy(update={"template_text": shipped_with_trl(shipped)})
    (found,) = model_faults(own, folder)
    assert found.startswith("a chat template fit for tool calls; this one: ")
    assert fault in found
    assert "\n" not in found


def test_phi_4s_own_template_ignores_tools(built: Built) -> None:
    from unsloth.chat_templates import CHAT_TEMPLATES

    model, folder = built("phi-4")
    own = model.model_copy(update={"template_text": CHAT_TEMPLATES["phi-4"][0]})
    (found,) = model_faults(own, folder)
    assert "this one: does not render the tools it is given: no 'measure_depth' (and " in found


def test_a_template_that_raises_is_a_sentence_and_no_traceback(built: Built) -> None:
    model, folder = built("llama-3.2")
    raising = "{{ raise_exception('This model only supports single tool-calls at once!') }}"
    own = model.model_copy(update={"template_text": raising})
    assert model_faults(own, folder) == [
        "a chat template fit for tool calls; this one: the chat template refuses a conversation: "
        "This model only supports single tool-calls at once!"
    ]


def test_a_template_whose_turns_cannot_be_told_by_who_speaks_is_refused(built: Built) -> None:
    model, folder = built("llama-3.2")
    assert model.template_text is not None
    odd = model.template_text.replace(
        "{{- user_opens -}}{%- endif -%}\n    {{- message.content",
        "{{- user_opens + '(' ~ loop.index ~ ') ' -}}{%- endif -%}\n    {{- message.content",
    )
    assert odd != model.template_text
    own = model.model_copy(update={"template_text": odd})
    (found,) = model_faults(own, folder)
    assert found.startswith("a chat template that a Modelfile can repeat; this one: what it writes")


def altered(folder: Path, target: Path, **config: Any) -> Path:
    """A copy of a model's folder with changes to its config.json."""
    shutil.copytree(folder, target)
    path = target / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | config), encoding="utf-8")
    return target


@pytest.mark.parametrize(
    ("architecture", "reason"),
    [
        ("Phi3ForCausalLM", "joins q, k and v, which no profile adapts; unsloth/phi-4"),
        ("Gemma3ForConditionalGeneration", "sees pictures; gemma-3-1b-it does not"),
        ("GraniteMoeHybridForCausalLM", "has layers of another kind; Granite 4.1 has none"),
        ("NobodysForCausalLM", "found NobodysForCausalLM"),
    ],
)
def test_an_architecture_that_is_not_exported_is_named_at_the_start(
    architecture: str, reason: str, built: Built, tmp_path: Path
) -> None:
    model, folder = built("llama-3.2")
    other = altered(folder, tmp_path / "other", architectures=[architecture])
    (found,) = model_faults(model, other)
    assert found.startswith("an architecture that can be exported, Gemma3ForCausalLM, ")
    assert reason in found


def test_a_tensor_without_a_name_in_gguf_is_named_at_the_start(
    built: Built, tmp_path: Path
) -> None:
    model, folder = built("llama-3.2")
    other = altered(folder, tmp_path / "other")
    name = "model.layers.0.self_attn.gate.weight"
    weights = load_file(other / "model.safetensors")
    save_file(weights | {name: weights["model.norm.weight"]}, other / "model.safetensors")
    assert model_faults(model, other) == [
        f"only tensors that llama.cpp's llama has: found {name!r}"
    ]


def test_a_converter_that_is_older_than_the_architecture_is_named_at_the_start(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "convert_hf_to_gguf.py").write_text('@Model.register("LlamaForCausalLM")', "utf-8")
    monkeypatch.setenv("MCP_FORGE_LLAMA_CPP_DIR", str(tmp_path))
    assert model_faults(*built("llama-3.2")) == []
    (found,) = model_faults(*built("smollm-3"))
    assert found.startswith("a llama.cpp whose converter knows SmolLM3ForCausalLM; the one in ")


@pytest.mark.parametrize("architecture", sorted(set(ARCHITECTURES.values())))
def test_llama_cpp_knows_every_architecture_that_is_exported(architecture: str) -> None:
    assert unknown_to_server(architecture) == []


def test_an_architecture_that_llama_cpp_does_not_know_is_named() -> None:
    (found,) = unknown_to_server("nobody")
    assert found.startswith("a llama.cpp that can load the architecture nobody: ")
    assert "unknown model architecture: 'nobody'" in found


def test_a_model_that_is_refused_leaves_no_base_behind(built: Built) -> None:
    model, _ = built("llama-3.2")
    own = model.model_copy(update={"name": "refused", "template_text": "{{ messages[0].content }}"})
    with pytest.raises(UnusableModel, match=r"^refused cannot be forged: needed a chat template "):
        prepare_base.fn(own)
    assert not list(Settings().home.rglob("refused-*"))


def test_doctor_refuses_llamas_own_template_in_one_line_and_takes_a_persons_hermes_template(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = altered(built("llama-3.2")[1], tmp_path / "plain")
    (plain / "chat_template.jinja").write_text(shipped_with_trl("llama3_2.jinja"), "utf-8")
    text = model_file(plain).replace('"<|im_end|>"', '"<|eot_id|>"')
    write(
        tmp_path,
        {
            "models/own": text.replace('chat_template = "smollm2.jinja"\n', ""),
            "models/hermes": text.replace("smollm2.jinja", "hermes.jinja"),
        },
    )
    hermes = template_of("smollm2").replace("<|im_end|>", "<|eot_id|>")
    (tmp_path / "models" / "hermes.jinja").write_text(hermes, "utf-8")
    monkeypatch.setenv("MCP_FORGE_PROFILES", str(tmp_path))
    examination = examine(["own", "hermes"], "f16", "demo")
    of_own, of_hermes = examination.text.split("own: ")[1].split("hermes: ")
    (fault,) = [line for line in of_own.splitlines() if line.startswith("  - ")]
    assert fault.startswith("  - a chat template fit for tool calls; this one: ")
    assert of_hermes.startswith("can be forged here")
    assert examination.can_forge
    folder = tmp_path / "base"
    build_base(load_model("hermes"), folder)
    turns = ChatTokenizer(folder).turns()
    text = modelfile(load_model("hermes"), turns, functions(CLOCKS), "model.gguf", 2048)
    assert 'PARAMETER stop "<|eot_id|>"' in text.splitlines()
