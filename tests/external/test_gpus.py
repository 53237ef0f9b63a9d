"""Runs on one machine do not share a GPU; real processes, with an nvidia-smi that a test wrote."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakes.nvidia_smi import install

ROOT = Path(__file__).parent.parent.parent
SMALL = {
    "uuid": "GPU-aaaa",
    "name": "NVIDIA A10",
    "memory.total": "24564",
    "memory.free": "20000",
    "compute_cap": "8.6",
    "driver_version": "580.65.06",
}
LARGE = SMALL | {"uuid": "GPU-bbbb", "name": "NVIDIA H100", "memory.total": "81559"}

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a run that holds a GPU; all of them end with the test."""
    with ExitStack() as stack:

        def begin(patience: float = 0, **environment: str) -> subprocess.Popen[str]:
            ours = {"PATH": str(tmp_path), "MCP_FORGE_HOME": str(tmp_path / "home")}
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.fakes.gpu_holder", str(patience)],
                env=os.environ | ours | environment,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            return process

        yield begin


def said(process: subprocess.Popen[str]) -> str:
    """GPU, what CUDA may see, and the device, as a run says them."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def refused(process: subprocess.Popen[str]) -> str:
    """Why a run did not get one."""
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    return errors.strip()


def test_each_of_two_runs_has_a_gpu_of_its_own_and_sees_no_other(
    start: Start, tmp_path: Path
) -> None:
    install(tmp_path, SMALL, LARGE)
    assert said(start()) == "GPU-aaaa GPU-aaaa GPU 24564"
    assert said(start()) == "GPU-bbbb GPU-bbbb GPU 81559"


def test_a_run_too_many_says_so_and_a_killed_one_leaves_its_gpu(
    start: Start, tmp_path: Path
) -> None:
    install(tmp_path, SMALL, LARGE)
    first, second = start(), start()
    assert {said(first)[:8], said(second)[:8]} == {"GPU-aaaa", "GPU-bbbb"}
    assert refused(start()).startswith(
        "needed a GPU of its own for this run, found 2, held by other runs (locks in "
    )
    second.kill()
    second.wait()
    assert said(start())[:8] in ("GPU-aaaa", "GPU-bbbb")


def test_a_run_waits_for_one_that_is_about_to_end(start: Start, tmp_path: Path) -> None:
    install(tmp_path, SMALL)
    first = start()
    assert said(first) == "GPU-aaaa all GPU 24564"
    second = start(60)
    first.communicate(timeout=60)
    assert said(second) == "GPU-aaaa all GPU 24564"


def test_a_child_that_ends_does_not_take_the_gpu_along(start: Start, tmp_path: Path) -> None:
    install(tmp_path, SMALL)
    first = start()
    said(first)
    assert first.stdin is not None
    assert first.stdout is not None
    first.stdin.write("fork\n")
    first.stdin.flush()
    assert first.stdout.readline() == "\n"
    assert "found 1, held by other runs" in refused(start())


def test_what_a_run_starts_has_the_gpu_of_the_run(start: Start, tmp_path: Path) -> None:
    install(tmp_path, SMALL, LARGE)
    first = start()
    mine = said(first)
    assert first.stdin is not None
    first.stdin.write("start\n")
    first.stdin.flush()
    assert said(first) == mine


@pytest.mark.parametrize("name", ["1", "GPU-bbbb"])
def test_only_gpus_that_the_operator_lets_cuda_see_are_taken(
    name: str, start: Start, tmp_path: Path
) -> None:
    install(tmp_path, SMALL, LARGE)
    assert said(start(CUDA_VISIBLE_DEVICES=name)) == f"GPU-bbbb {name} GPU 81559"
    assert "found 1, held by other runs" in refused(start(CUDA_VISIBLE_DEVICES=name))


def test_where_cuda_may_see_none_the_cpu_trains(start: Start, tmp_path: Path) -> None:
    install(tmp_path, SMALL)
    assert said(start(CUDA_VISIBLE_DEVICES="")).startswith("none none CPU ")


def test_without_a_gpu_nothing_is_held(start: Start) -> None:
    first, second = start(), start()
    assert said(first).startswith("none all CPU ")
    assert said(second).startswith("none all CPU ")
