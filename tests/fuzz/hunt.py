"""Try one target with many inputs: in the tests a few that never change, at night new ones.

As a program (``python -m tests.fuzz.hunt NAME SEED SECONDS FOLDER``) it tries one batch after the
other, each with the next seed, for so many seconds of CPU, and prints, as JSON, how many inputs had
which outcome. An input that fails is made as small as it gets, printed, and kept in ``FOLDER``,
where it is tried first the next time.
"""

import json
import resource
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.fuzz.limits import bounded
from tests.fuzz.targets import TARGETS, Target

BATCH = 100
"""Inputs between two looks at the clock."""
MOST_CPU_SECONDS = 1200
"""Of one process: native code that never comes back ends here."""
MOST_ADDRESSES = 12 << 30
"""Bytes of address space: memory without end is an error here, and not the machine's."""
_USUAL = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)


def try_few(target: Target, inputs: int) -> Counter[str]:
    """The same inputs each time; how many had which outcome."""
    outcomes: Counter[str] = Counter()
    target.prepare()
    steady = settings(_USUAL, derandomize=True, max_examples=inputs, phases=[Phase.generate])

    @steady
    @given(target.inputs)
    def attempt(value: Any) -> None:
        with bounded():
            outcomes[target.check(value)] += 1

    attempt()
    return outcomes


def hunt(target: Target, number: int, folder: Path, outcomes: Counter[str]) -> None:
    """One batch of new inputs for each seed; ``outcomes`` counts them."""
    target.prepare()
    last = folder / f"{target.name}.last"
    database = DirectoryBasedExampleDatabase(folder / target.name)

    # A seed takes away the database of the settings below it.
    @settings(_USUAL, database=database, max_examples=BATCH, print_blob=True)
    @given(target.inputs)
    @seed(number)
    def attempt(value: Any) -> None:
        last.write_text(ascii(value), encoding="utf-8")  # what a process dies of stays behind
        with bounded():
            outcomes[target.check(value)] += 1

    attempt()


def main() -> None:
    """Hunt with what the command line says."""
    name, number, seconds, folder = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    outcomes: Counter[str] = Counter()
    end = time.process_time() + float(seconds)
    try:
        for seed_of_batch in count(int(number)):
            sys.stderr.write(f"seed {seed_of_batch}\n")
            hunt(TARGETS[name], seed_of_batch, Path(folder), outcomes)
            if time.process_time() > end:
                break
    finally:
        sys.stdout.write(json.dumps(outcomes) + "\n")


if __name__ == "__main__":
    main()
