"""``make fuzz MINUTES=60``: every target in turn, with new seeds, until the time is over.

Each turn is a process of its own. At the end a table says what was tried; the exit status is 1 when
anything failed. ``.hypothesis/fuzz`` keeps the inputs that failed; ``--seed`` repeats a turn.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".hypothesis" / "fuzz"
SHOWN_LINES = 60
"""Of the end of a failure's report."""


@dataclass
class Tally:
    """What was tried, and what failed."""

    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    failures: list[str] = field(default_factory=list)
    cpu_seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def turn(name: str, seed: int, seconds: float, tally: Tally) -> None:
    """Try one target for some seconds of CPU, from one seed on."""
    command = [sys.executable, "-m", "tests.fuzz.hunt", name, str(seed), str(seconds), str(FOLDER)]
    start = _children_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    tally.cpu_seconds[name] += _children_seconds() - start
    outcomes = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    tally.outcomes[name].update(outcomes)
    sys.stdout.write(f"{name}, from seed {seed} on: {sum(outcomes.values())} inputs\n")
    sys.stdout.flush()
    if done.returncode == 0:
        return
    report = "\n".join(done.stderr.splitlines()[-SHOWN_LINES:])
    last = FOLDER / f"{name}.last"
    tally.failures.append(f"{name}, seed {seed}, exit status {done.returncode}")
    sys.stdout.write(f"\nFAILED: {tally.failures[-1]}; last input: {last}\n{report}\n\n")
    sys.stdout.flush()


def _children_seconds() -> float:
    times = psutil.Process().cpu_times()
    return times.children_user + times.children_system


def table(tally: Tally, minutes: float) -> str:
    """What a person reads at the end."""
    lines = [f"{'target':<16}{'inputs':>9}{'CPU s':>8}  outcomes"]
    for name, outcomes in tally.outcomes.items():
        kinds = ", ".join(f"{count} {kind}" for kind, count in outcomes.most_common())
        lines.append(f"{name:<16}{outcomes.total():>9}{tally.cpu_seconds[name]:>8.0f}  {kinds}")
    total = sum(outcomes.total() for outcomes in tally.outcomes.values())
    seconds = sum(tally.cpu_seconds.values())
    lines.append(f"{'all':<16}{total:>9}{seconds:>8.0f}  in {minutes:.0f} minutes")
    return "\n".join([*lines, f"{len(tally.failures)} failures", *tally.failures])


def main() -> None:
    """Repeat until the time is over."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--target", choices=sorted(TARGETS), action="append")
    parser.add_argument("--turn", type=float, default=20, help="seconds of CPU for each process")
    parser.add_argument("--seed", type=int, help="one turn of each target from this seed on")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    start, tally = time.monotonic(), Tally()
    seeds = random.Random(chosen.seed)
    is_over = False
    while not is_over:
        for name in chosen.target or TARGETS:
            seed = seeds.randrange(10**9) if chosen.seed is None else chosen.seed
            turn(name, seed, chosen.turn, tally)
            is_over = chosen.seed is None and time.monotonic() - start > 60 * chosen.minutes
            if is_over:
                break
        is_over = is_over or chosen.seed is not None
    sys.stdout.write(table(tally, (time.monotonic() - start) / 60) + "\n")
    sys.exit(bool(tally.failures))


if __name__ == "__main__":
    main()
