"""Train a tiny model in a process of its own: ``python -m tests.fakes.train_until_told plan.json``.

The plan names the base, the folder of checkpoints and what is tuned. Each update is a line of JSON
on standard output; the error that ends the training stands on standard error.
"""

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from tasks.domain.errors import ForgeError
from tasks.domain.training.progress import TrainingUpdate
from tests.helpers.training import LORA, rows, settings


def main() -> None:
    """Train until it is done, a signal comes, or the plan's step to be killed at."""
    from profiles import load_model
    from tasks.external.trainer import engine
    from tasks.external.trainer.merging import save_adapter

    plan: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    base, work = Path(plan["base"]), Path(plan["work"])
    training = settings(**plan["settings"])
    lora = LORA.model_copy(update=plan.get("lora", {}))
    data = rows(base, plan.get("count", 8))
    if "rows" in plan:
        data = data.from_list(plan["rows"])
    model, tokenizer = engine.load_model(base, load_model("smollm2"), lora, training)
    if "room_mb" in plan:
        _leave_room(plan["room_mb"])

    def say(update: TrainingUpdate) -> None:
        sys.stdout.write(update.model_dump_json() + "\n")
        sys.stdout.flush()
        if update.moment == "progress" and update.step == plan.get("kill_at"):
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        record = engine.train(model, tokenizer, data, None, training, work, say)
    except ForgeError as error:
        sys.exit(f"{type(error).__name__}: {error}")
    save_adapter(model, work / "adapter")
    (work / "adapter" / "training.json").write_text(record.model_dump_json(), encoding="utf-8")


def _leave_room(megabytes: int) -> None:
    """From here on this process may take so much more memory for data, and no more."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    data = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData"))
    limit = data * 1024 + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


if __name__ == "__main__":
    main()
