"""What is seen of a machine and of a base: memory, arithmetic, sizes."""

import json
import sys
from pathlib import Path

import psutil
import pytest

from profiles import load_model, load_profile
from tasks.domain.errors import MachineTooSmall, UnusableModel
from tasks.domain.training.requirements import Request
from tasks.domain.training.sizes import Device, adapter_parameters, parameters
from tasks.external.base_model import read_architecture
from tasks.external.machine import look, look_at_device
from tests.fakes.nvidia_smi import install
from tests.helpers.tiny_model import HEADS, HIDDEN, INNER, KV_HEADS, LAYERS, VOCABULARY

REQUEST = Request(model=load_model("smollm2"))


A10 = {
    "name": "NVIDIA A10",
    "uuid": "GPU-aaaa",
    "memory.total": "24564",
    "memory.free": "20000",
    "compute_cap": "8.6",
    "driver_version": "580.65.06",
}
T4 = A10 | {"name": "Tesla T4", "uuid": "GPU-bbbb", "compute_cap": "7.5"}


@pytest.fixture
def two_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An nvidia-smi that knows two."""
    install(tmp_path, A10, T4)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such program."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_is_what_a_training_runs_on_where_there_is_one() -> None:
    device = look_at_device()
    assert (device.kind, device.total, device.free) == ("GPU", 24564 * 2**20, 20000 * 2**20)
    assert device.bf16
    machine = look(REQUEST)
    assert (machine.gpu, machine.driver) == ("NVIDIA A10", "580.65.06")


@pytest.mark.usefixtures("two_gpus")
def test_what_triton_compiles_with_is_looked_for_where_a_gpu_trains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CC", "")
    assert any("a C compiler for Triton" in lack for lack in look(REQUEST).missing_tools)
    monkeypatch.setenv("CC", "cc")
    assert not any("C compiler" in lack for lack in look(REQUEST).missing_tools)
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"include": "/nowhere"})
    assert any("Python.h in /nowhere" in lack for lack in look(REQUEST).missing_tools)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert not any("Triton" in lack for lack in look(REQUEST).missing_tools)


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(("visible", "gpu"), [("1,0", "Tesla T4"), ("", ""), ("-1", "")])
def test_the_gpu_is_the_one_that_cuda_would_take(
    visible: str, gpu: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert look(REQUEST).gpu == gpu


@pytest.mark.usefixtures("two_gpus")
def test_an_older_gpu_does_not_compute_in_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert not look_at_device().bf16


def test_what_is_said_of_torch_is_what_torch_says_of_itself() -> None:
    import torch

    seen = look(REQUEST).torch
    assert seen is not None
    assert (seen.version, seen.cuda) == (torch.__version__, torch.version.cuda or "")


def test_a_gpu_that_torch_cannot_use_stops_the_run_with_its_reason() -> None:
    import torch

    from tasks.external.trainer.probe import require

    if torch.cuda.is_available():
        pytest.skip("torch can use the GPU of this machine")
    require(Device(kind="CPU", total=1, free=1))
    with pytest.raises(MachineTooSmall, match=r"torch .* cannot use the GPU .* \(.*\); update the"):
        require(Device(kind="GPU", total=1, free=1))


def test_trackers_are_looked_for_where_a_training_reports_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tensorboard").mkdir()
    (tmp_path / "tensorboard" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "wandb", None)  # as Python says that a module is not there
    demo = load_profile("demo")
    named = demo.training.model_copy(update={"report_to": ("tensorboard", "wandb")})
    asked = REQUEST.model_copy(
        update={"profile": demo.model_copy(update={"training": named}), "stages": ("train",)}
    )
    missing = look(asked).missing_packages
    assert "wandb" in missing
    assert "tensorboard" not in missing
    assert "wandb" not in look(asked.model_copy(update={"stages": ("prepare",)})).missing_packages


def test_what_earlier_runs_left_of_a_model_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_HOME", str(tmp_path))
    assert look(REQUEST).stored == 0
    for product in (
        "bases/smollm2-1/model",
        "gguf/smollm2-base-q8_0-1.gguf",
        "bases/other-1/model",
    ):
        file = tmp_path / "storage" / product
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"0123456789")
    assert look(REQUEST).stored == 20


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_it_is_the_cpu_with_its_free_memory() -> None:
    device = look_at_device()
    assert device.kind == "CPU"
    assert 0 < device.free <= device.total <= psutil.virtual_memory().total
    assert look(REQUEST).device.kind == "CPU"


def test_sizes_are_read_from_the_models_own_configuration(
    tiny_base: Path, smollm2_base: Path
) -> None:
    tiny = read_architecture(tiny_base)
    assert tiny.model_dump(exclude_defaults=True) == {
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "vocab_size": VOCABULARY,
        "tie_word_embeddings": True,
    }
    assert read_architecture(smollm2_base) == load_model("smollm2").architecture


def test_parameters_are_those_that_torch_and_peft_count(tiny_base: Path) -> None:
    from tasks.external.trainer import engine

    profile = load_profile("demo")
    tuned, _ = engine.load_model(tiny_base, load_model("smollm2"), profile.lora, profile.training)
    trained = tuned.num_parameters(only_trainable=True)
    shape = read_architecture(tiny_base)
    assert adapter_parameters(shape, profile.lora) == trained
    assert parameters(shape) == tuned.num_parameters() - trained


def test_qwens_biases_are_counted_though_its_configuration_is_silent(tmp_path: Path) -> None:
    known = load_model("qwen-2.5").architecture
    assert known is not None
    config = known.model_dump(exclude={"attention_bias"}) | {"model_type": "qwen2"}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert read_architecture(tmp_path) == known


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no config.json that can be read"),
        ("{", "no config.json that can be read"),
        ('{"hidden_size": 64}', "config.json: intermediate_size: Field required"),
    ],
    ids=["no file", "no JSON", "no sizes"],
)
def test_a_configuration_without_sizes_is_named(
    text: str | None, message: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(UnusableModel, match=message):
        read_architecture(tmp_path)


def test_the_probe_multiplies_at_a_rate_that_a_computer_can_have() -> None:
    from tasks.external.trainer.probe import operations_per_second

    assert 1e7 < operations_per_second(64, 128, bf16=False, seconds=0.05) < 1e15


def test_a_profile_that_says_off_trains_without_checkpointing(
    tiny_base: Path, tmp_path: Path
) -> None:
    from tasks.domain.gate.token_rules import EncodedRow
    from tasks.external.trainer import engine

    profile = load_profile("demo")
    rows = [EncodedRow(ids=[5, 6, 7, 8, 9 + n], trained=[False] * 2 + [True] * 3) for n in (0, 1)]

    def checkpoints(asked: str) -> bool:
        changes = {"gradient_checkpointing": asked, "max_steps": 1, "per_device_batch_size": 2}
        training = profile.training.model_copy(update=changes)
        tuned, tokenizer = engine.load_model(
            tiny_base, load_model("smollm2"), profile.lora, training
        )
        data = engine.prepare_dataset(rows)
        engine.train(
            tuned, tokenizer, data, None, training, tmp_path / asked, lambda update: str(update)
        )
        return bool(tuned.is_gradient_checkpointing)

    assert not checkpoints("off")
    assert checkpoints("unsloth")
