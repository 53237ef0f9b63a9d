"""What the kernel says of this machine's processor, and of the memory of a process."""

import platform
import resource
from pathlib import Path


def processor() -> str:
    """The model's name."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def status_bytes(name: str, process: int | str = "self") -> int:
    """A size in a process's status, such as ``VmHWM``; 0 where it has none, as one that ended."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def peak_bytes() -> int:
    """The most memory that this process has held."""
    if Path("/proc/self/status").exists():
        # What getrusage says of a new process counts the one that it was forked from.
        return status_bytes("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
