"""A run that holds a GPU: ``python -m tests.fakes.gpu_holder <seconds to wait for one>``.

Says which it is, what CUDA may see, and the memory of the device it would train on; then waits
until its standard input closes. "fork" there lets a child of its own begin and end, "start" another
process that holds one.
"""

import multiprocessing
import os
import subprocess
import sys

from tasks.domain.errors import MachineTooSmall
from tasks.external.gpus import hold_gpu
from tasks.external.machine import look_at_device


def main() -> None:
    """Hold one, or say why not."""
    try:
        gpu = hold_gpu(float(sys.argv[1]))
    except MachineTooSmall as error:
        sys.exit(str(error))
    assert hold_gpu() == gpu
    device = look_at_device()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
    sys.stdout.write(f"{gpu or 'none'} {visible or 'none'} {device.kind} {device.total >> 20}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line.strip() == "fork":
            child = multiprocessing.get_context("fork").Process(target=print)
            child.start()
            child.join()
        if line.strip() == "start":
            command = [sys.executable, "-m", "tests.fakes.gpu_holder", "0"]
            subprocess.run(command, stdin=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main()
