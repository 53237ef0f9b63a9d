"""Processes of flow runs are killed at random moments; a person retries what nobody else does."""

import random
import threading
import time
from dataclasses import dataclass

import psutil

from benchmarks.scale.house import House

RETRY_SECONDS = 30
"""As the operations page says: a crash is reported twice, and a retry that came sooner is lost."""


@dataclass(frozen=True)
class Kill:
    """One process that was killed."""

    run_id: str
    process: str
    second: float


class Killer(threading.Thread):
    """Kills ``count`` processes, one after an exponentially drawn time each; ``stop`` ends it."""

    def __init__(self, house: House, count: int, seed: int, every_seconds: float) -> None:
        super().__init__(daemon=True)
        self.kills: list[Kill] = []
        self._house, self._count, self._every = house, count, every_seconds
        self._chance = random.Random(seed)
        self._over = threading.Event()

    def run(self) -> None:
        """Until all are killed or it is stopped."""
        begun = time.monotonic()
        while len(self.kills) < self._count:
            if self._over.wait(self._chance.expovariate(1 / self._every)):
                return
            running = self._house.running()
            if running:
                run_id = self._chance.choice(sorted(running))
                self._kill(run_id, running[run_id], time.monotonic() - begun)

    def stop(self) -> None:
        """Kill nobody any more."""
        self._over.set()
        self.join()

    def _kill(self, run_id: str, processes: list[psutil.Process], second: float) -> None:
        try:
            victim = self._chance.choice(processes)
            name = " ".join(victim.cmdline()[1:])[-60:]  # without where Python lies
            victim.kill()
        except psutil.NoSuchProcess:
            return  # it was quicker
        self.kills.append(Kill(run_id, name, round(second)))


def settle(house: House, run_ids: list[str], seconds: float) -> int:
    """Wait until these runs have ended; retry those that crashed, as a person does. The retries."""
    deadline, retries = time.monotonic() + seconds, 0
    crashed: dict[str, float] = {}
    while time.monotonic() < deadline:
        states = {run_id: house.state(run_id) for run_id in run_ids}
        if all(state in ("COMPLETED", "FAILED", "CANCELLED") for state in states.values()):
            return retries
        for run_id, state in states.items():
            since = crashed.setdefault(run_id, time.monotonic())
            if state != "CRASHED":
                del crashed[run_id]
            elif time.monotonic() - since > RETRY_SECONDS:
                del crashed[run_id]
                house.retry(run_id)
                retries += 1
        time.sleep(3)
    return retries
