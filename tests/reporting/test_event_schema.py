"""Events: what is emitted is what ``docs/events.md`` says."""

import importlib
import math
import re
from pathlib import Path
from typing import get_args

import pytest
from prefect import Task

from tasks.domain.training.progress import Moment, TrainingUpdate
from tasks.reporting import event_schema as schema
from tasks.reporting import events

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def rows(table: str) -> list[list[str]]:
    """The cells of the table under a heading cell of the page, without its head."""
    lines = PAGE.split(table, 1)[1].split("\n\n", 1)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_names_every_event_with_its_resource_and_no_other() -> None:
    told = {
        tuple(cell.strip("`") for cell in row) for row in rows("| event | resource | payload |")
    }
    known = {(k.name, k.resource, k.payload.__name__) for k in schema.KINDS}
    assert told == {tuple(re.sub(r"\{(\w+)\}", r"<\1>", text) for text in kind) for kind in known}


@pytest.mark.parametrize(
    "payload", dict.fromkeys(k.payload for k in schema.KINDS), ids=lambda p: p.__name__
)
def test_the_page_names_every_field_of_a_payload_and_no_other(payload: type) -> None:
    told = [row[0].strip("`") for row in rows(f"\n{payload.__name__}\n\n| field | what |")]
    assert told == list(payload.model_fields)


def test_the_page_names_every_moment_of_a_training_or_where_the_list_is() -> None:
    section = PAGE.split("## Moments of a training")[1].split("##")[0]
    named = set(re.findall(r"`([a-z_]+)`", section)) - {"mcp-forge.model"}
    assert named <= set(get_args(Moment))
    assert "tasks/domain/training/progress.py" in section


def test_a_payload_of_a_training_holds_all_that_a_trainer_says() -> None:
    said = set(TrainingUpdate.model_fields) - {"moment"} | {"fraction"}
    assert set(schema.TrainingPayload.model_fields) == said


@pytest.mark.parametrize("moment", get_args(Moment))
def test_every_moment_becomes_a_payload_and_a_loss_that_is_no_number_stays_readable(
    moment: Moment,
) -> None:
    update = TrainingUpdate(moment=moment, step=1, total_steps=4, loss=math.nan)
    payload = schema.TrainingPayload.of(update).model_dump(mode="json")
    assert (payload["loss"], payload["eval_loss"], payload["fraction"]) == ("nan", None, 0.25)


def stages() -> dict[str, "Task[..., object]"]:
    """The tasks that tell their completion, by name."""
    names = [path.stem for path in (ROOT / "tasks").glob("*.py")]
    found = {name: getattr(importlib.import_module(f"tasks.{name}"), name, None) for name in names}
    return {
        name: task
        for name, task in found.items()
        if isinstance(task, Task) and events.stage_completed in task.on_completion_hooks
    }


def test_every_stage_tells_its_completion_with_the_facts_that_the_page_names() -> None:
    told = {row[0].strip("`") for row in rows("| stage | facts |")}
    assert set(stages()) == set(schema.STAGE_FACTS) == told
