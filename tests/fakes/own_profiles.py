"""A person's own folder of profiles: a tiny model, small profiles, servers made for a test."""

import json
import tomllib
from pathlib import Path
from typing import Any

from profiles import FOLDER, Model, Source

TINY: dict[str, dict[str, Any]] = {
    "training": {"per_device_batch_size": 2, "max_steps": 2, "save_steps": 1},
    "data": {"samples": 30, "heldout_calls": 6, "heldout_no_tool": 2, "answered_share": 0.3},
    "evaluation": {
        "loops": 2,
        "loss_rows": 2,
        "base_prompts": 4,
        "test_prompts": 16,
        "max_answer_tokens": 16,
    },
    "thresholds": dict.fromkeys(
        (
            "parse_rate",
            "schema_validity",
            "tool_selection",
            "abstention",
            "finished",
            "loop",
            "error",
        ),
        0.0,
    ),
}

THOUGHT_TOKENS = 16


def toml(value: dict[str, Any], name: str = "") -> str:
    """A profile as text: a scalar or list of JSON is one of TOML too."""
    lines = [f"[{name}]"] if name else []
    lines += [f"{k} = {json.dumps(v)}" for k, v in value.items() if not isinstance(v, dict)]
    inner = [(f"{name}.{k}".lstrip("."), v) for k, v in value.items() if isinstance(v, dict)]
    return "\n".join([*lines, *(toml(section, path) for path, section in inner)])


def profile(**changes: dict[str, Any]) -> str:
    """The demo profile, made tiny, with changes to its sections."""
    value = tomllib.loads((FOLDER / "training" / "demo.toml").read_text("utf-8"))
    for sections in (TINY, changes):
        for section, numbers in sections.items():
            value[section] = value.get(section, {}) | numbers
    return toml(value)


def model(folder: Path, **sections: dict[str, Any]) -> str:
    """A model like SmolLM2 whose files lie in a folder."""
    return toml(_in_folder("smollm2", folder) | sections)


def stand_in(name: str, folder: Path) -> str:
    """A registered model whose files are those of a small stand-in, which needs no GPU.

    Noise never ends a thought, so that each answer of a model that thinks takes all its room.
    """
    value = _in_folder(name, folder)
    room = {"thought_tokens": THOUGHT_TOKENS} if value.get("thought_tokens") else {}
    return toml(
        {key: value[key] for key in value.keys() - {"architecture", "gpu_memory_gb"}}
        | {"needs_gpu": False}
        | room
    )


def _in_folder(name: str, folder: Path) -> dict[str, Any]:
    value = tomllib.loads((FOLDER / "models" / f"{name}.toml").read_text("utf-8"))
    return value | {"source": {"kind": "folder", "path": str(folder)}}


def in_folder(model: Model, folder: Path) -> Model:
    """A model whose files lie in a folder, and which needs no GPU."""
    source = Source(kind="folder", path=str(folder))
    return model.model_copy(update={"source": source, "needs_gpu": False})


def write(folder: Path, files: dict[str, str]) -> None:
    """Write ``<kind>/<name>`` → text."""
    for name, text in files.items():
        path = folder / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
