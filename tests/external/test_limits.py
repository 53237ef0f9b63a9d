"""What a container, a service unit or an affinity leaves of the machine."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tasks.external.limits import usable_cores, usable_memory

if sys.platform != "linux":
    pytest.skip("cgroups are Linux's", allow_module_level=True)

GIB = 1 << 30
MACHINE = psutil.virtual_memory().total
CORES = len(os.sched_getaffinity(0))


def tree(root: Path, membership: str, groups: dict[str, dict[str, str]]) -> Path:
    """``/proc`` and ``/sys`` of a machine with these groups."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(membership)
    for group, files in groups.items():
        folder = root / "sys/fs/cgroup" / group
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text + "\n")
    return root


def memory_2(limit: str, used: int, idle: int = 0) -> dict[str, str]:
    stat = f"anon {used - idle}\nfile {idle}\ninactive_file {idle}\nactive_file 0"
    return {"memory.max": limit, "memory.current": str(used), "memory.stat": stat}


def memory_1(limit: int, used: int, idle: int = 0) -> dict[str, str]:
    stat = f"inactive_file 1\ntotal_inactive_file {idle}"
    return {
        "memory.limit_in_bytes": str(limit),
        "memory.usage_in_bytes": str(used),
        "memory.stat": stat,
    }


def test_a_machine_without_groups_is_taken_whole(tmp_path: Path) -> None:
    assert usable_cores(tmp_path) == CORES
    total, free = usable_memory(tmp_path)
    assert total == MACHINE
    assert 0 < free < total


def test_a_container_has_its_own_limit_and_its_idle_pages_are_free(tmp_path: Path) -> None:
    own = {**memory_2(str(GIB), 600 << 20, 200 << 20), "cpu.max": "50000 100000"}
    root = tree(tmp_path, "0::/\n", {"": own})
    assert usable_memory(root) == (GIB, GIB - (400 << 20))
    assert usable_cores(root) == 1


def test_the_tightest_of_a_service_and_what_it_is_in_counts(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        "0::/workers.slice/gpu.service\n",
        {
            "": {},
            "workers.slice": memory_2(str(2 * GIB), GIB) | {"cpu.max": "100000 100000"},
            "workers.slice/gpu.service": memory_2("max", 10) | {"cpu.max": "max 100000"},
        },
    )
    assert usable_memory(root) == (2 * GIB, GIB)
    assert usable_cores(root) == 1


def test_a_group_that_is_over_its_limit_has_nothing_free(tmp_path: Path) -> None:
    assert usable_memory(tree(tmp_path, "0::/\n", {"": memory_2(str(GIB), 2 * GIB)})) == (GIB, 0)


def test_version_1_names_its_groups_by_controller(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n",
        {
            # A container is told its path outside and sees its own group as the root.
            "memory": memory_1(3 * GIB, 2 * GIB, GIB),
            "cpu": {"cpu.cfs_quota_us": "100000", "cpu.cfs_period_us": "100000"},
        },
    )
    assert usable_memory(root) == (min(3 * GIB, MACHINE), min(2 * GIB, usable_memory()[1]))
    assert usable_cores(root) == 1


def test_version_1_without_limits_has_none(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        "5:memory:/\n4:cpu,cpuacct:/\n",
        {
            "memory": memory_1((1 << 63) - 4096, GIB),
            "cpu": {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"},
        },
    )
    assert usable_memory(root)[0] == MACHINE
    assert usable_cores(root) == CORES


LOOK = (
    "import json; from tasks.external.machine import look_at_device; from tasks.external import "
    "limits; print(json.dumps([limits.usable_cores(), look_at_device().total]))"
)


def look(**options: object) -> list[int]:
    """What a process sees that was started so."""
    command = [sys.executable, "-c", LOOK]
    text = subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout
    cores, memory = json.loads(text)
    return [cores, memory]


def test_a_process_pinned_to_a_core_uses_one() -> None:
    one = min(os.sched_getaffinity(0))
    assert look(preexec_fn=lambda: os.sched_setaffinity(0, {one}))[0] == 1


@pytest.fixture
def group() -> Iterator[Path]:
    """A real group of this machine with a gibibyte; only root may make one."""
    folder = Path(f"/sys/fs/cgroup/memory/mcp-forge-test-{os.getpid()}")
    try:
        folder.mkdir()
        (folder / "memory.limit_in_bytes").write_text(str(GIB))
    except OSError as error:
        pytest.skip(f"no group can be made here: {error}")
    yield folder
    folder.rmdir()


def test_a_process_in_a_real_group_sees_its_limit(group: Path) -> None:
    def join() -> None:
        (group / "cgroup.procs").write_text(str(os.getpid()))

    assert look(preexec_fn=join)[1] == GIB
