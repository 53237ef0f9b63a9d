"""Try one target with many inputs: in the tests a few that never change, at night new ones.

As a program (``python -m tests.fuzz.hunt NAME SEED INPUTS FOLDER``) it prints, as JSON, how many
inputs had which outcome. An input that fails is made as small as it gets, printed, and kept in
``FOLDER``, where it is tried first the next time.
"""

import json
import resource
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.fuzz.limits import bounded
from tests.fuzz.targets import TARGETS, Target

MOST_CPU_SECONDS = 1200
"""Of one process: native code that never comes back ends here."""
MOST_ADDRESSES = 12 << 30
"""Bytes of address space: memory without end is an error here, and not the machine's."""
_USUAL = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)


def try_few(target: Target, inputs: int) -> Counter[str]:
    """The same inputs each time; how many had which outcome."""
    outcomes: Counter[str] = Counter()
    steady = settings(_USUAL, derandomize=True, max_examples=inputs, phases=[Phase.generate])

    @steady
    @given(target.inputs)
    def attempt(value: Any) -> None:
        with bounded():
            outcomes[target.check(value)] += 1

    attempt()
    return outcomes


def hunt(target: Target, number: int, inputs: int, folder: Path) -> Counter[str]:
    """New inputs for each seed; how many had which outcome."""
    outcomes: Counter[str] = Counter()
    last = folder / f"{target.name}.last"
    database = DirectoryBasedExampleDatabase(folder / target.name)

    @seed(number)
    @settings(_USUAL, database=database, max_examples=inputs, print_blob=True)
    @given(target.inputs)
    def attempt(value: Any) -> None:
        last.write_text(ascii(value), encoding="utf-8")  # what a process dies of stays behind
        with bounded():
            outcomes[target.check(value)] += 1

    attempt()
    return outcomes


def main() -> None:
    """Hunt with what the command line says."""
    name, number, inputs, folder = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    outcomes = hunt(TARGETS[name], int(number), int(inputs), Path(folder))
    sys.stdout.write(json.dumps(outcomes) + "\n")


if __name__ == "__main__":
    main()
