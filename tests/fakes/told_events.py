"""A run that says one thing and then says nothing more: ``python -m tests.fakes.told_events what``.

It prints its flow run's id and stays until its standard input closes or somebody kills it.
"""

import sys

from prefect import flow, runtime, tags, task

from tasks.domain.evaluation.challenge import Verdict
from tasks.domain.products import (
    BaseModelFolder,
    Finding,
    LoraAdapter,
    QualityReport,
    StoredFile,
    TrainingRecord,
)
from tasks.domain.training.memory import lengths_of
from tasks.domain.training.progress import TrainingUpdate
from tasks.reporting import events
from tests.fakes.templates import CHATML

STORED = StoredFile(uri="s3://forge/adapters/tiny", sha256="0" * 64, size_bytes=9)


def diverged() -> None:
    """The loss is not a number."""
    update = TrainingUpdate(moment="diverged", step=3, total_steps=9, loss=float("nan"))
    events.training(update, "tiny")


def stalled() -> None:
    """One step, and no other."""
    events.training(TrainingUpdate(moment="started", step=0, total_steps=9), "tiny")
    events.training(TrainingUpdate(moment="progress", step=1, total_steps=9, loss=2.5), "tiny")


def saved() -> None:
    """An adapter lies in the storage."""
    record = TrainingRecord(
        requested={}, effective={}, first_loss=3, final_loss=1, steps=9, seconds=1, trained_tokens=9
    )
    base = BaseModelFolder(model="tiny", files=STORED, origin="noise", licence="none", turns=CHATML)
    events.adapter_saved(
        LoraAdapter(model="tiny", profile="demo", files=STORED, base=base, record=record)
    )


def refused() -> None:
    """The gate stopped a run."""
    finding = Finding(rule="rows per tool", passed=False, value="2", requirement="1000")
    report = QualityReport(
        findings=(finding,),
        rows=30,
        scenarios={},
        tools={},
        longest_row_tokens=9,
        median_row_tokens=9,
        prefix_tokens=9,
        trained_share=0.5,
        row_lengths=lengths_of([9] * 30, 9, 0.5),
    )
    events.quality_failed(report, "tiny")


def waiting() -> None:
    """A version waits for a person."""
    verdict = Verdict(promoted=True, reason="it is better", champion="20261120T090000")
    events.approval_requested("20261127T090000", "tiny", verdict)


def silent() -> None:
    """Nothing but Prefect's own heartbeat."""


SAID = {say.__name__: say for say in (diverged, stalled, saved, refused, waiting, silent)}


@task
def say(what: str) -> None:
    """Say it, then wait."""
    SAID[what]()
    events.flush()
    sys.stdout.write(f"{runtime.flow_run.id}\n")
    sys.stdout.flush()
    sys.stdin.read()


@flow(name="train")
def train(what: str, server: str, samples: int | None, include_tools: list[str]) -> None:
    """A flow with the form of a training."""
    assert server
    assert samples is None or include_tools
    say(what)


if __name__ == "__main__":
    with tags("mcp-forge"):
        train(sys.argv[1], "time", 30, ["convert_time"])
