"""The parts of ``make bench-scale`` that need no deployment: servers, words, the clock."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from benchmarks.scale.findings import error_in
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
