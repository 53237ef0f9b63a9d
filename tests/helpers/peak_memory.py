"""The most memory that this process has taken so far."""

import re
from pathlib import Path


def peak_bytes() -> int:
    """Bytes of the largest resident set since this program was started (Linux).

    ``getrusage`` says more: a child has the peak of the process that forked it, until it has more.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kilobytes) * 1024
