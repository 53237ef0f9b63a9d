"""A training that is only told: it reports as the trainer does, as fast as it is asked to.

``python -m tests.fakes.told_training steps`` runs it as a flow and ends at once. With a line on
standard input for each step it goes step by step, and says on standard output when one is done.
"""

import sys
import time

from prefect import flow, task

from tasks.domain.products import Bundle
from tasks.domain.training.progress import TrainingUpdate
from tasks.reporting import events
from tasks.reporting.training import TrainingReporter


@task
def tell(steps: int, *, step_by_step: bool) -> None:
    """Report every step; say how long the report took, in seconds."""
    reporter = TrainingReporter("qwen-2.5")
    try:
        reporter(TrainingUpdate(moment="started", step=0, total_steps=steps))
        for step in range(1, steps + 1):
            if step_by_step:
                sys.stdin.readline()
            before = time.monotonic()
            reporter(
                TrainingUpdate(
                    moment="progress",
                    step=step,
                    total_steps=steps,
                    loss=3 / step,
                    learning_rate=1e-4,
                    epoch=step / steps,
                    tokens_per_second=100.0,
                    seconds_left=float(steps - step),
                )
            )
            if step % 5 == 0:
                reporter(
                    TrainingUpdate(
                        moment="checkpoint", step=step, total_steps=steps, eval_loss=4 / step
                    )
                )
            if step_by_step:
                sys.stdout.write(f"{time.monotonic() - before}\n")
                sys.stdout.flush()
        reporter(TrainingUpdate(moment="finished", step=steps, total_steps=steps))
    finally:
        reporter.close()


@flow(name="train")
def train(steps: int, step_by_step: bool) -> None:
    """The flow that trains."""
    tell(steps, step_by_step=step_by_step)


@flow(name="forge")
def forge(steps: int, step_by_step: bool) -> None:
    """The flow that waits for it."""
    train(steps, step_by_step)


@flow
def publish(times: int) -> None:
    """A flow whose last words are many events."""
    bundle = Bundle(
        path="dist/bundle",
        sha256="0" * 64,
        server="time",
        model="qwen-2.5",
        profile="demo",
        toolset_fingerprint="1" * 64,
        version="20261127T090000-00000000",
        reason="it is the first version",
    )
    for _ in range(times):
        events.bundle_published(bundle)


if __name__ == "__main__":
    forge(int(sys.argv[1]), "--step-by-step" in sys.argv)
