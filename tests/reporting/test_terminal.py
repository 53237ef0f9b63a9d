"""What a person at a terminal sees of a run: stages, bars and warnings, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.reporting.terminal import duration, stage_line

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (59.2, "59.2 s"),
        (59.7, "1 min 00 s"),
        (754, "12 min 34 s"),
        (4000, "1 h 06"),
    ],
)
def test_a_time_is_said_as_a_person_says_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_stage_is_one_line_with_its_figures() -> None:
    facts = {"rows": 1700, "card": "file:///x", "sha256": "0" * 64, "final_loss": 1.04321}
    assert stage_line("train_adapter", 61, False, facts) == (
        "train adapter       1 min 01 s  rows 1,700, final loss 1.04"
    )
    assert stage_line("export_gguf", 9, True, {}) == "export gguf             cached"
    assert stage_line("estimate_memory", 1, False, {"bytes": 2**33, "seconds": 90.0}).endswith(
        "1.0 s  8.0 GiB, 1 min 30 s"
    )


NOISE = """
import logging, os, subprocess, sys, warnings
from flows import in_prefect
with in_prefect._only_news() as terminal, in_prefect._news_shown(terminal):
    print("a library prints")
    warnings.warn("a library warns")
    os.write(2, b"a compiled library writes\\n")
    subprocess.run(["sh", "-c", "echo a child writes"])
    logging.getLogger("prefect.flow_runs").info("Beginning flow run")
    logging.getLogger("prefect.task_runs").error("Finished in state Failed")
    logging.getLogger("prefect.task_runs").warning("seen \\x1b[2J")
    from tasks.reporting import terminal as shown
    shown.stage("train_adapter", 61, False, {"steps": 60})
print("what the command says")
"""


def test_what_libraries_and_children_write_goes_into_a_log(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", NOISE],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT), "MCP_FORGE_HOME": str(tmp_path)},
    )
    assert done.stdout == "what the command says\n"
    warning, stage = (line.split("  ", 1)[1] for line in done.stderr.splitlines())
    assert warning == "seen \\x1b[2J"
    assert stage == "train adapter       1 min 01 s  steps 60"
    (log,) = (tmp_path / "logs").iterdir()
    text = log.read_text("utf-8")
    for words in ("library prints", "library warns", "compiled library writes", "a child writes"):
        assert words in text
