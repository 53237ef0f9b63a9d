"""Whether the events of the runs are all there, once, and in their order."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from benchmarks.scale.house import House

_ARRIVAL_SECONDS = 60
"""In which the last events have been written down: they pass a queue."""
_TRAINING = "mcp-forge.training."
_BEGINNINGS = ("started", "resumed", "fell_back")
Event = dict[str, Any]


def faults(house: House) -> list[str]:
    """What is missing, doubled or out of order, once the last events had time to arrive."""
    deadline = time.monotonic() + _ARRIVAL_SECONDS
    while (missing := list(_faults(house))) and time.monotonic() < deadline:
        time.sleep(2)
    return missing


def _faults(house: House) -> Iterator[str]:
    runs = house.runs()
    changes = _by_run(house.events("prefect.flow-run."))
    for run in runs:
        states = house.read("GET", f"flow_run_states/?flow_run_id={run['id']}")
        yield from state_faults(run["name"], states, changes[run["id"]])
    ours = _by_run(house.events("mcp-forge."))
    for flow_id in {run["flow_id"] for run in runs}:
        ended = {
            run["id"]: run["name"]
            for run in runs
            if run["flow_id"] == flow_id and run["state_type"] == "COMPLETED"
        }
        yield from stage_faults({ended[run_id]: ours[run_id] for run_id in ended})
        for run_id, name in ended.items():
            yield from training_faults(name, ours[run_id])


def _by_run(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Oldest first, by the run that they are about."""
    of_run: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        _, _, run_id = event["resource"]["prefect.resource.id"].partition("prefect.flow-run.")
        if run_id:
            of_run[run_id].append(event)
    return of_run


def state_faults(name: str, states: list[dict[str, Any]], changes: list[Event]) -> Iterator[str]:
    """Each state of a run is told by one event, which has the state's id, in the states' order."""
    ids = [state["id"] for state in sorted(states, key=lambda state: str(state["timestamp"]))]
    event_ids = [event["id"] for event in changes if event["id"] in ids]
    if event_ids != ids:
        lacking = [state["name"] for state in states if state["id"] not in event_ids]
        yield (
            f"{name}: {len(event_ids)} events of {len(ids)} states, "
            + (f"none of {lacking}" if lacking else "out of order")
        )


def stage_faults(events_of: dict[str, list[Event]]) -> Iterator[str]:
    """All completed runs of one flow tell the same stages in the same order, as last told."""
    orders = {name: tuple(_stages(events)) for name, events in events_of.items()}
    whole = max(orders.values(), key=len, default=())
    for name, order in orders.items():
        if order != whole:
            yield f"{name}: the stages {order}, where others have {whole}"


def _stages(events: list[Event]) -> list[str]:
    stages = [e["payload"]["stage"] for e in events if e["event"].endswith(".completed")]
    return list(dict.fromkeys(reversed(stages)))[::-1]


def training_faults(name: str, events: list[Event]) -> Iterator[str]:
    """A training is started, goes forward except where it is resumed, and is finished last."""
    moments = [
        (event["event"].removeprefix(_TRAINING), event["payload"]["step"])
        for event in events
        if event["event"].startswith(_TRAINING)
    ]
    if moments and (moments[0][0] not in _BEGINNINGS or moments[-1][0] != "finished"):
        yield f"{name}: the training begins with {moments[0]} and ends with {moments[-1]}"
    for (before, step), (moment, next_step) in pairwise(moments):
        if next_step < step and moment not in _BEGINNINGS:
            yield f"{name}: {moment} at step {next_step} after {before} at step {step}"
