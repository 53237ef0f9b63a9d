"""Stage: a training that is killed and begun again, and one whose memory runs out for real."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gpu import material
from benchmarks.gpu.material import TINY
from benchmarks.gpu.stage import FAILED, Measured, Plan
from tasks.domain.training.progress import TrainingUpdate

SHORT_ROWS = {"count": 32, "prefix": 64, "own": [20, 60]}
LONG_ROWS = {"count": 8, "prefix": 600, "own": [600, 700]}
STEPS, SAVED_EVERY, KILLED_AT = 8, 3, 5
SHARES = {"padded rows": "off", "packs": "auto"}
_ALLOCATOR = {
    # On a CPU: memory that is let go is given back, so that the limit is met by what is in use.
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Outcome:
    """How a training ended, and what it said."""

    code: int
    updates: list[TrainingUpdate]
    last_words: str
    work: Path

    @property
    def record(self) -> dict[str, Any]:
        """What the training wrote about itself."""
        record: dict[str, Any] = json.loads((self.work / "training.json").read_text("utf-8"))
        return record


class Trainee:
    """One training under way in a process of its own."""

    def __init__(self, name: str, plan: Plan, **settings: Any) -> None:
        self.work = plan.work / "faults" / name
        self.work.mkdir(parents=True, exist_ok=True)
        request = {"work": str(self.work), "in_4bit": True, **settings}
        self._file = self.work.with_suffix(".json")
        self._file.write_text(json.dumps(request), encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gpu.trainee", str(self._file)],
            env=os.environ | _ALLOCATOR,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def outcome(self) -> Outcome:
        """Wait for its end."""
        output, errors = self._process.communicate()
        updates = [line for line in output.splitlines() if line.startswith("{")]
        return Outcome(
            code=self._process.returncode,
            updates=[TrainingUpdate.model_validate_json(line) for line in updates],
            last_words=(errors.strip().splitlines() or [""])[-1],
            work=self.work,
        )


def measure(plan: Plan) -> Measured:
    """Both faults; trainings that do not depend on each other run side by side.

    On a CPU only padded rows run out of memory: what glibc does not give back after each attempt
    is more than a fallback of packs saves of so small a model (tests/external/test_out_of_memory.py
    has one that is counted out for it).
    """
    base = str(material.random_base(TINY, plan.work / "tiny-4bit", in_4bit=True))
    shutil.rmtree(plan.work / "faults", ignore_errors=True)  # an earlier run's checkpoints
    killed, whole = start_killed(plan, base)
    shares = list(SHARES)[:1] if plan.tiny else list(SHARES)
    short = {name: start_short(plan, base, name) for name in shares}
    yield "kill -9 and resume", resumed(plan, base, killed.outcome(), whole.outcome())
    for name, trainee in short.items():
        yield f"out of memory, {name}", described(trainee.outcome())


def start_killed(plan: Plan, base: str) -> tuple[Trainee, Trainee]:
    """(a training that kills itself, the same training that does not)."""
    request = _killable(base)
    return Trainee("resumed", plan, **request, kill_at=KILLED_AT), Trainee("whole", plan, **request)


def resumed(plan: Plan, base: str, killed: Outcome, whole: Outcome) -> dict[str, Any]:
    """Begin the killed training again, and compare with the one that was left alone."""
    from safetensors.torch import load_file

    again = Trainee("resumed", plan, **_killable(base)).outcome()
    if again.code or whole.code:
        return {FAILED: again.last_words or whole.last_words}
    one, other = (
        load_file(x.work / "adapter" / "adapter_model.safetensors") for x in (again, whole)
    )
    losses = [dict(x.record["losses"]) for x in (again, whole)]
    return {
        "killed_by_signal": -killed.code,
        "killed_in_step": killed.updates[-1].step,
        "resumed_at_step": again.record["resumed_at_step"],
        "steps": again.record["steps"],
        "largest_loss_difference": max(abs(losses[0][n] - losses[1][n]) for n in losses[1]),
        "largest_weight_difference": max(
            float((one[name] - other[name]).abs().max()) for name in other
        ),
        "notes": again.record["notes"],
    }


def start_short(plan: Plan, base: str, name: str) -> Trainee:
    """A training of eight long rows a step in memory that does not hold them."""
    training = {
        "per_device_batch_size": 8,
        "gradient_accumulation_steps": 1,
        "max_steps": 2,
        "save_steps": 100,
        "gradient_checkpointing": "off",
        "share_prefix": SHARES[name],
        "pack_tokens": 16384,
    }
    return Trainee(
        f"short-{SHARES[name]}", plan, base=base, training=training, rows=LONG_ROWS, short=True
    )


def described(short: Outcome) -> dict[str, Any]:
    """The fallbacks that were taken, and whether the training came to its end."""
    memory_fallbacks = [
        update.detail for update in short.updates if update.moment == "out_of_memory"
    ]
    if short.code:
        return {FAILED: short.last_words, "memory_fallbacks": memory_fallbacks}
    record = short.record
    return {
        "memory_fallbacks": memory_fallbacks,
        "steps": record["steps"],
        "notes": record["notes"],
    }


def _killable(base: str) -> dict[str, Any]:
    training = {"max_steps": STEPS, "save_steps": SAVED_EVERY, "per_device_batch_size": 1}
    return {"base": base, "training": training, "rows": SHORT_ROWS}
