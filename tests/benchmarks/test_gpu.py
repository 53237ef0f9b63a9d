"""``make gpu`` where there is no GPU: what it says, what it keeps, that its stages run at all.

The slower stages are rehearsed by hand: ``python -m benchmarks.gpu --tiny``.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra 'train' is not installed")
from benchmarks.gpu import forge, kit, report
from benchmarks.gpu.__main__ import FIGURES, LIMITS, ROOT
from benchmarks.gpu.results import WHOLE, Results
from profiles import load_profile, load_recipe


def rehearse(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run it as make does."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_gpu_it_says_so_in_one_line(tmp_path: Path) -> None:
    done = rehearse(PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "needs an NVIDIA GPU" in done.stderr


def test_all_stages_together_may_take_nine_minutes() -> None:
    assert sum(LIMITS.values()) <= 9 * 60


def test_a_stage_of_tiny_shapes_leaves_its_figures_and_says_on_what(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = rehearse("--tiny", "--only", "machine", "--results", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    (name, record), *others = Results(file).records().items()
    assert (name, record.state, record.machine) == ("machine", WHOLE, "CPU, tiny shapes")
    assert not others
    assert record.figures["packages"]["unsloth"] != "not installed"
    assert float(record.figures["torch"]["operations_per_second"]) > 0
    assert "| machine | whole |" in done.stdout


def test_a_stage_that_fails_says_why_and_fails_the_run(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    results = Results(file)
    results.keep("speed", 1.0, "H100", "time", {"seconds": 2})
    broken = tmp_path / "profiles" / "models"
    broken.mkdir(parents=True)
    (broken / "smollm2.toml").write_text("licence = 3", encoding="utf-8")
    asked = ("--tiny", "--only", "kernel", "--results", str(file))
    done = rehearse(*asked, MCP_FORGE_PROFILES=str(broken.parent))
    assert done.returncode == 1
    assert "smollm2" in results.records()["kernel"].state
    assert results.records()["speed"].figures == {"time": {"seconds": 2}}


def test_figures_of_tiny_shapes_never_go_into_the_file_of_a_gpu() -> None:
    done = rehearse("--tiny", "--results", str(FIGURES))
    assert done.returncode == 2
    assert "do not belong into bench-gpu.json" in done.stderr


def test_a_stop_loses_only_the_stage_under_way(tmp_path: Path) -> None:
    results = Results(tmp_path / "figures.json")
    results.keep("kernel", 1.0, "H100", "llama", 1)
    results.close("kernel", 1.0, WHOLE, 5.0)
    results.keep("speed", 2.0, "H100", "time", 2)
    results.close("speed", 2.0, "stopped after 75 s", 75.0)
    records = results.records()
    assert (records["kernel"].state, records["kernel"].figures) == (WHOLE, {"llama": 1})
    assert records["speed"].state == "stopped after 75 s"
    assert records["speed"].figures == {"time": 2}


def test_a_later_run_replaces_a_record_only_when_it_has_measured_something(tmp_path: Path) -> None:
    results = Results(tmp_path / "figures.json")
    results.keep("kernel", 1.0, "H100", "llama", 1)
    results.close("kernel", 1.0, WHOLE, 5.0)
    results.close("kernel", 2.0, "failed: no compiler", 3.0)
    kept = results.records()["kernel"]
    assert (kept.state, kept.figures, kept.machine) == (WHOLE, {"llama": 1}, "H100")
    assert kept.tried_again.endswith("failed: no compiler")
    results.keep("kernel", 3.0, "H200", "qwen2", 2)
    new = results.records()["kernel"]
    assert (new.machine, new.figures, new.tried_again) == ("H200", {"qwen2": 2}, "")


def test_the_page_has_what_was_measured_or_says_that_nothing_was() -> None:
    text = report.text(Results(FIGURES).records())
    assert text in (ROOT / "docs" / "gpu.md").read_text("utf-8")
    assert (text == report.NEVER) == (not FIGURES.exists())


def test_tables_take_the_place_between_the_markers(tmp_path: Path) -> None:
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    other.write_text("no markers\n", encoding="utf-8")
    results = Results(tmp_path / "figures.json")
    results.keep("export", 1.0, "H100", "merge", {"seconds": 31.2, "disk_bytes": 16 * 2**30})
    results.close("export", 1.0, WHOLE, 60.0)
    for _ in range(2):
        report.write(results.records(), [page, other])
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "| merge | 31 | 0.00 | 0.00 | 16.00 |" in text
    assert "old" not in text
    assert other.read_text("utf-8") == "no markers\n"


def test_what_is_brought_to_a_gpu_has_the_versions_that_are_installed_here() -> None:
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    pins += re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints-no-deps.txt").read_text(), re.M)
    known = {_plain(name): version for name, version in pins}
    brought = [
        wheel.split("==")
        for wheels in kit.trips(kit.LIST.read_text("utf-8")).values()
        for wheel in wheels
    ]
    assert len(brought) > 50
    assert len({_plain(name) for name, _ in brought}) == len(brought)
    others = {n: (v, known.get(_plain(n))) for n, v in brought if known.get(_plain(n)) != v}
    assert others == {}


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


@pytest.mark.parametrize("numbers", [forge.FEWER, forge.TINY], ids=["fewer", "tiny"])
def test_what_is_forged_is_fast_dev_with_fewer_questions_and_no_thresholds(
    numbers: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge.write_profiles(tmp_path, tmp_path / "base", numbers)
    monkeypatch.setenv("MCP_FORGE_PROFILES", str(tmp_path))
    recipe, asked = load_recipe(forge.SERVER, forge.MODEL, forge.PROFILE), load_profile("fast_dev")
    assert recipe.model.source.path == str(tmp_path / "base")
    assert set(recipe.profile.thresholds.model_dump().values()) == {0.0}
    assert recipe.profile.evaluation.loops == numbers["loops"] < asked.evaluation.loops
    assert recipe.profile.lora == asked.lora
    if numbers is forge.FEWER:
        assert recipe.profile.training == asked.training


def test_figures_that_are_kept_are_json_that_reads_back(tmp_path: Path) -> None:
    results = Results(tmp_path / "figures.json")
    results.keep("models", 1.0, "H100", "a", {"losses": [1.5, 2.0], "notes": []})
    assert json.loads((tmp_path / "figures.json").read_text())["models"]["state"] == "under way"
    assert not (tmp_path / "figures.part").exists()
