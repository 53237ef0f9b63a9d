"""One training in a process of its own, to be killed or kept short of memory.

``python -m benchmarks.gpu.trainee plan.json``; each update is a line of JSON on standard output.
Its checkpoints, its adapter and ``training.json`` go into the folder that the plan names.
"""

import gc
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.gpu import material
from benchmarks.kernel_facts import status_bytes
from profiles import Training, load_model, load_profile
from tasks.domain.errors import ForgeError
from tasks.domain.training.progress import TrainingUpdate

ROOM_SHARE = 0.75
"""Of what a step takes beside the model: it does not fit, half of its rows and some waste do."""


def main() -> None:
    """Train until it is done, or until the step to be killed at."""
    request: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    from tasks.external.trainer import engine
    from tasks.external.trainer.merging import save_adapter

    profile, work = load_profile("fast_dev"), Path(request["work"])
    training = Training.model_validate(profile.training.model_dump() | request["training"])
    model = load_model("smollm2").model_copy(update={"load_in_4bit": request["in_4bit"]})
    tuned, tokenizer = engine.load_model(Path(request["base"]), model, profile.lora, training)
    data = engine.prepare_dataset(material.random_rows(**request["rows"]))

    def say(update: TrainingUpdate) -> None:
        sys.stdout.write(update.model_dump_json() + "\n")
        sys.stdout.flush()
        if update.moment == "progress" and update.step == request.get("kill_at"):
            os.kill(os.getpid(), signal.SIGKILL)

    if request.get("short"):
        _keep_short(lambda: _one_step(tuned, tokenizer, data, training))
    try:
        record = engine.train(tuned, tokenizer, data, None, training, work, say)
    except ForgeError as error:
        sys.exit(f"{type(error).__name__}: {error}")
    save_adapter(tuned, work / "adapter")
    (work / "training.json").write_text(record.model_dump_json(), encoding="utf-8")


def _one_step(tuned: Any, tokenizer: Any, data: Any, training: Training) -> None:
    from tasks.external.trainer import engine

    once = training.model_copy(update={"max_steps": 1})
    with tempfile.TemporaryDirectory() as folder:
        engine.train(tuned, tokenizer, data, None, once, Path(folder), lambda _: None)


def _keep_short(step: Callable[[], None]) -> None:
    """From here on this process may take less than ``step`` did, of the GPU where there is one."""
    import torch

    if not torch.cuda.is_available():
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # sets the peak back
        step()
        gc.collect()
        room = ROOM_SHARE * (status_bytes("VmHWM") - status_bytes("VmRSS"))
        limit = status_bytes("VmData") + round(room)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        return
    step()
    gc.collect()
    torch.cuda.empty_cache()
    resident = torch.cuda.memory_allocated()
    room = ROOM_SHARE * (torch.cuda.max_memory_reserved() - resident)
    _, total = torch.cuda.mem_get_info()
    # torch's allocator then refuses what a full GPU would.
    torch.cuda.set_per_process_memory_fraction((resident + room) / total)


if __name__ == "__main__":
    main()
