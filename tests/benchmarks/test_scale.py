"""The parts of ``make bench-scale`` that need no deployment: servers, words, events, the clock."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from benchmarks.scale.event_order import stage_faults, state_faults, training_faults
from benchmarks.scale.findings import error_in
from benchmarks.scale.logs import tracebacks, unexplained
from benchmarks.scale.servers import make_servers
from benchmarks.scale.traced_server import Clock
from benchmarks.scale.visits import visit_all


def test_a_seed_always_makes_the_same_servers_fail_and_never_the_first(tmp_path: Path) -> None:
    one, again, other = (
        [server.fault for server in make_servers(tmp_path / name, 30, seed)]
        for name, seed in (("one", 3), ("again", 3), ("other", 4))
    )
    assert one == again != other
    assert one[0] == other[0] == "none"
    assert len(set(one)) == 5


def test_a_server_that_fails_in_the_middle_is_told_by_an_error_of_ours(tmp_path: Path) -> None:
    servers = make_servers(tmp_path / "servers", 30, 3)
    chosen = [next(s for s in servers if s.fault == fault) for fault in ("none", "exits", "wrong")]
    assert visit_all(chosen) == {
        "none: answered": 1,
        "exits: CallFailed": 1,
        "wrong: CallFailed": 1,
    }


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Flow run encountered an exception: ServerFailed: x died", "ServerFailed"),
        ("Flow run encountered an exception: KeyError: 'x'", ""),
        ("ServerFailed: x\nTraceback", ""),
    ],
)
def test_a_failure_is_explained_by_one_line_that_names_an_error_of_ours(
    message: str, name: str
) -> None:
    assert error_in(message) == name


REFUSED = """\
12:30:01.123 | ERROR   | Flow run 'forge x tiny' - Encountered exception during execution: ...
Traceback (most recent call last):
  File "forge.py", line 1, in forge
tasks.domain.errors.ServerFailed: x: exited with status 1
"""
BROKEN = """\
Traceback (most recent call last):
  File "api.py", line 1, in <module>
    raise KeyError("x")
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "api.py", line 3, in <module>
redis.exceptions.ConnectionError
"""


def test_a_refusal_explains_its_traceback_and_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / "worker-cpu.log").write_text(2 * REFUSED, encoding="utf-8")
    (tmp_path / "server.log").write_text(BROKEN, encoding="utf-8")
    assert tracebacks(tmp_path) == {
        "worker-cpu: tasks.domain.errors.ServerFailed: x: exited with status 1": 2,
        "server: KeyError: 'x'": 1,
        "server: redis.exceptions.ConnectionError": 1,
    }
    assert unexplained(tmp_path) == [
        "server: KeyError: 'x'",
        "server: redis.exceptions.ConnectionError",
    ]


def occurrence(name: str, **payload: Any) -> dict[str, Any]:
    return {"id": name, "event": name, "payload": payload}


STATES = [
    {"id": name, "name": name, "timestamp": f"2026-11-27T12:00:0{second}Z"}
    for second, name in enumerate(("Scheduled", "Pending", "Running", "Completed"))
]


@pytest.mark.parametrize(
    ("events", "faults"),
    [
        (["Scheduled", "Pending", "Running", "Completed"], 0),
        (["Scheduled", "heartbeat", "Pending", "Running", "Completed"], 0),
        (["Scheduled", "Pending", "Completed"], 1),
        (["Scheduled", "Running", "Pending", "Completed"], 1),
        (["Scheduled", "Pending", "Running", "Running", "Completed"], 1),
    ],
)
def test_each_state_is_told_once_and_in_its_order(events: list[str], faults: int) -> None:
    assert len(list(state_faults("a", STATES, [occurrence(name) for name in events]))) == faults


def stages(*names: str) -> list[dict[str, Any]]:
    return [occurrence(f"mcp-forge.stage.{name}.completed", stage=name) for name in names]


def test_runs_of_one_flow_tell_the_same_stages_also_after_a_retry() -> None:
    whole = {"a": stages("list", "train", "pack"), "b": stages("list", "list", "train", "pack")}
    assert list(stage_faults(whole)) == []
    for wrong in (("list", "pack"), ("list", "pack", "train")):
        assert len(list(stage_faults(whole | {"c": stages(*wrong)}))) == 1


def training(*moments: tuple[str, int]) -> list[dict[str, Any]]:
    return [occurrence(f"mcp-forge.training.{moment}", step=step) for moment, step in moments]


BEGUN = (("started", 0), ("progress", 2), ("checkpoint", 2))


@pytest.mark.parametrize(
    ("moments", "faults"),
    [
        ((*BEGUN, ("finished", 4)), 0),
        ((*BEGUN, ("progress", 3), ("resumed", 2), ("progress", 3), ("finished", 4)), 0),
        ((*BEGUN, ("progress", 1), ("finished", 4)), 1),
        ((*BEGUN, ("finished", 4), ("progress", 4)), 1),
        ((("progress", 2), ("finished", 4)), 1),
        ((), 0),
    ],
)
def test_a_training_goes_forward_except_where_it_is_resumed(
    moments: tuple[tuple[str, int], ...], faults: int
) -> None:
    assert len(list(training_faults("a", training(*moments)))) == faults


@pytest.fixture
def engines(tmp_path: Path) -> tuple[Engine, Engine]:
    """Two users of one SQLite file that begin transactions by themselves, as Prefect's does."""
    made = [create_engine(f"sqlite:///{tmp_path / 'x.db'}") for _ in range(2)]
    for engine in made:
        event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
    with made[0].connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("CREATE TABLE run (id INTEGER)")
    return made[0], made[1]


def add(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO run VALUES (1)")


def test_a_transaction_that_reads_before_it_writes_loses_at_once_and_is_counted(
    engines: tuple[Engine, Engine],
) -> None:
    """Waiting for a lock, however long, does not help it: what it has read is out of date."""
    clock = Clock()
    clock.listen()
    try:
        with engines[0].connect() as slow, engines[1].connect() as quick:
            slow.exec_driver_sql("PRAGMA busy_timeout = 60000")
            slow.exec_driver_sql("BEGIN DEFERRED")
            slow.exec_driver_sql("SELECT * FROM run").all()
            add(quick)
            with pytest.raises(OperationalError, match="database is locked"):
                add(slow)
        with engines[0].connect() as first:
            first.exec_driver_sql("BEGIN IMMEDIATE")
            add(first)
            first.commit()
    finally:
        clock.stop()
    figures = clock.figures()
    assert figures["errors"] == {
        "SQLITE_BUSY_SNAPSHOT at once: INSERT INTO run (BEGIN DEFERRED, after a read)": 1
    }
    assert figures["writes"]["INSERT INTO run"]["count"] == 2
    assert figures["lock_held"]["BEGIN IMMEDIATE, INSERT INTO run"]["count"] == 1
