"""What one input may cost: seconds of CPU and megabytes, whatever it is."""

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import psutil

MOST_SECONDS = 10.0
"""CPU, for one input."""
MOST_MEGABYTES = 300


class TooExpensive(AssertionError):
    """An input took more time or memory than one input may."""


@contextmanager
def bounded() -> Iterator[None]:
    """Fail a block that takes too much; time in native code is measured when that returns."""
    before, start = psutil.Process().memory_info().rss, time.process_time()
    highest = _highest()
    previous = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
    if (seconds := time.process_time() - start) > MOST_SECONDS:
        raise TooExpensive(f"{seconds:.1f} s of CPU, at most {MOST_SECONDS:.0f}")
    growth = _highest() - before >> 20
    if _highest() > highest and growth > MOST_MEGABYTES:
        raise TooExpensive(f"{growth} MB, at most {MOST_MEGABYTES}")


def _highest() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10  # Linux counts in KiB


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise TooExpensive(f"more than {MOST_SECONDS:.0f} s of CPU")
