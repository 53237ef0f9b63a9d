"""Many forges at once, while servers fail and processes are killed; then a day of watching.

``python -m benchmarks.scale [--forges 10] [--servers 100] [--kills 10] …``: a deployment of its own
on Postgres (and Redis, where it is installed) or SQLite, the tiny model, two workers. Prints what
ended how and what is not as it has to be, and writes it into ``bench-scale.json``.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.scale import event_order, findings, logs
from benchmarks.scale.house import REDIS_TOO, House, default_database, deployment, left_of
from benchmarks.scale.kills import Killer, settle
from benchmarks.scale.servers import Unsteady, make_servers
from benchmarks.scale.visits import visit_all
from benchmarks.scale.watching import watch_a_day

FIGURES = Path(__file__).parents[1] / "bench-scale.json"


def main() -> None:
    """Run it all; exits with 1 where something is not as it has to be."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what it has started ends with it
    options = _options()
    begun, load = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="scale-") as name:
        folder = Path(name)
        servers = make_servers(folder / "servers", options.servers, options.seed)
        try:
            with deployment(folder, servers, options.database, options.s3, options.slots) as house:
                figures = _soak(house, servers, options)
                figures["watch"] = _watch(house, servers[0], options)
                figures["breaches"] += event_order.faults(house)
        finally:  # what broke it off is in the logs
            _keep_logs(folder, options.keep)
        counted = house.figures
        figures["database"] = json.loads(counted.read_text("utf-8")) if counted.exists() else {}
        figures["logs"] = logs.words(folder)
        figures["tracebacks"] = logs.tracebacks(folder)
        figures["breaches"] += [
            *(f"traceback in the log of {error}" for error in logs.unexplained(folder)),
            *(f"left running at the end: {words}" for words in left_of(folder)),
        ]
    figures |= {
        "options": {name: value for name, value in vars(options).items() if name != "keep"},
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "cpus": os.cpu_count(),
        "load_at_start": load,
        "seconds": round(time.monotonic() - begun),
    }
    _write(f"{options.database}{', s3' * options.s3}, {options.forges} forges", figures)
    _print(figures)
    sys.exit(1 if figures["breaches"] or figures["watch"].get("breaches") else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forges", type=int, default=10, help="at once, each of its own server")
    parser.add_argument("--servers", type=int, default=100, help="with those that are only visited")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--every", type=float, default=30, help="mean seconds between two kills")
    parser.add_argument("--checks", type=int, default=24, help="of the watch")
    parser.add_argument("--changes", type=int, default=4, help="of its server's tools")
    parser.add_argument("--slots", type=int, default=2, help="trainings at once")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument(
        "--minutes", type=float, default=60, help="after which the forges are given up"
    )
    parser.add_argument("--keep", default="", help="a folder for the logs")
    parser.add_argument("--s3", action="store_true", help="the storage is an S3 server of its own")
    choices = (REDIS_TOO, "postgres", "sqlite")
    parser.add_argument("--database", choices=choices, default=default_database())
    options = parser.parse_args()
    options.servers = max(options.servers, options.forges)
    return options


def _soak(house: House, servers: list[Unsteady], options: argparse.Namespace) -> dict[str, Any]:
    begun, names = time.monotonic(), [server.name for server in servers[: options.forges]]
    forges = {name: house.start("forge/tiny", server=name) for name in names}
    killer = Killer(house, options.kills, options.seed, options.every)
    killer.start()
    with ThreadPoolExecutor(1) as beside:
        visits = beside.submit(visit_all, servers[options.forges :])
        retries = settle(house, list(forges.values()), 60 * options.minutes)
    killer.stop()
    kinds = Counter(server.fault for server in servers[: options.forges])
    return {
        "forge_seconds": round(time.monotonic() - begun),
        "faults_of_forged_servers": dict(kinds),
        "ends": dict(sorted(findings.ends(house).items())),
        "kills": [vars(kill) for kill in killer.kills],
        "retries_by_a_person": retries,
        "visits": dict(sorted(visits.result().items())),
        "left_in_storage": findings.remains(house.folder),
        "breaches": findings.breaches(house, forges, killer.kills),
    }


def _watch(house: House, server: Unsteady, options: argparse.Namespace) -> dict[str, Any]:
    if not options.checks:
        return {}
    begun = time.monotonic()
    day = watch_a_day(house, server, options.checks, options.changes, options.seed)
    return {**day, "seconds": round(time.monotonic() - begun)}


def _keep_logs(folder: Path, place: str) -> None:
    if place:
        Path(place).mkdir(parents=True, exist_ok=True)
        for log in folder.glob("*.log"):
            shutil.copy(log, place)


def _write(name: str, figures: dict[str, Any]) -> None:
    results = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    results[name] = figures
    FIGURES.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _print(figures: dict[str, Any]) -> None:
    """One table: what, and how many."""
    lines: dict[str, Any] = {
        "seconds": figures["seconds"],
        "forges, seconds": figures["forge_seconds"],
        "kills": len(figures["kills"]),
        "retries by a person": figures["retries_by_a_person"],
        **figures["ends"],
        **{f"visit, {ending}": count for ending, count in figures["visits"].items()},
        **{f"watch, {key}": value for key, value in figures["watch"].items() if key != "breaches"},
        **{f"log, {word}": count for word, count in figures["logs"].items()},
        **{
            f"lock, {error}": count
            for error, count in figures["database"].get("errors", {}).items()
        },
    }
    for name, value in lines.items():
        sys.stdout.write(f"{name:72} {value:>8}\n")
    for breach in (*figures["breaches"], *figures["watch"].get("breaches", ())):
        sys.stdout.write(f"NOT AS IT HAS TO BE: {breach}\n")


if __name__ == "__main__":
    main()
