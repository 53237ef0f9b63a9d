"""What is left of the machine to this process: by affinity, and by the cgroups that it is in.

A container, a pod or a service unit with limits sees the whole machine in ``/proc``. Whoever takes
that for its own is killed for memory, or has more threads than it may run.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

_ROOT = Path("/")


def usable_cores(root: Path = _ROOT) -> int:
    """CPU cores that this process may use at once, at least one.

    ``root``: where ``/proc`` and ``/sys`` are.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # Linux has it, macOS not
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min([cores, *map(math.ceil, _cpu_quotas(root))]))


def usable_memory(root: Path = _ROOT) -> tuple[int, int]:
    """(all, free) bytes of main memory that this process may use; ``root`` as above."""
    machine = psutil.virtual_memory()
    limits = list(_memory_limits(root))
    return (
        min([machine.total, *(limit for limit, _ in limits)]),
        min([machine.available, *(max(0, limit - used) for limit, used in limits)]),
    )


def _cpu_quotas(root: Path) -> Iterator[float]:
    for group in _groups("cpu", root):
        quota, period = (
            _words(group / "cpu.max")  # version 2
            or _words(group / "cpu.cfs_quota_us") + _words(group / "cpu.cfs_period_us")
            or ["max", "1"]
        )
        if quota not in {"max", "-1"}:
            yield int(quota) / int(period)


def _memory_limits(root: Path) -> Iterator[tuple[int, int]]:
    """(limit, used) bytes of each group; a file's pages that nobody needs are not used."""
    for group in _groups("memory", root):
        version_2 = (group / "memory.max").exists()
        limit = _words(group / ("memory.max" if version_2 else "memory.limit_in_bytes"))
        used = _words(group / ("memory.current" if version_2 else "memory.usage_in_bytes"))
        if not limit or limit == ["max"] or not used:
            continue
        stat = _words(group / "memory.stat")
        facts = dict(zip(stat[::2], stat[1::2], strict=False))
        idle = facts.get("inactive_file" if version_2 else "total_inactive_file", "0")
        yield int(limit[0]), int(used[0]) - int(idle)


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """The folders of the groups that this process is in, from its own up to the root's.

    A line of ``/proc/self/cgroup`` is ``0::/path`` in version 2 and ``4:cpu,cpuacct:/path`` in
    version 1. A container may be told the path that it has outside and sees only the root's folder.
    """
    mounted = root / "sys/fs/cgroup"
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = mounted / controller if controllers else mounted
        own = top / path.lstrip("/")
        yield from (f for f in (own, *own.parents) if f.is_relative_to(top) and f.is_dir())


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:  # another system, or a kernel without them
        return []


def _words(path: Path) -> list[str]:
    return " ".join(_lines(path)).split()
