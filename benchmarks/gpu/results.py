"""The file of figures: one record per stage; it is replaced as a whole, never half written."""

import json
import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

UNDER_WAY, WHOLE = "under way", "whole"


class Record(BaseModel):
    """One stage as it was last measured."""

    date: str
    machine: str
    started: float
    """Seconds since 1970; tells this run's record from an earlier one's."""
    state: str
    """Whole, or why not."""
    seconds: float = 0.0
    figures: dict[str, Any] = {}
    tried_again: str = ""
    """When and how a later run failed that measured nothing."""


_RECORDS = TypeAdapter(dict[str, Record])


class Results:
    """The records of all stages, in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self) -> dict[str, Record]:
        """What was measured so far; nothing where there is no file."""
        if not self.path.exists():
            return {}
        return _RECORDS.validate_json(self.path.read_text(encoding="utf-8"))

    def keep(self, stage: str, started: float, machine: str, key: str, figures: Any) -> None:
        """Add one figure to the record of this run, which the first one begins anew."""
        records = self.records()
        record = records.get(stage)
        if record is None or record.started != started:
            record = Record(date=_today(), machine=machine, started=started, state=UNDER_WAY)
        record.figures[key] = figures
        self._write(records | {stage: record})

    def close(self, stage: str, started: float, state: str, seconds: float) -> None:
        """Say how a stage ended; one that measured nothing leaves what an earlier one did."""
        records = self.records()
        record = records.get(stage)
        if record is not None and record.started == started:
            record.state, record.seconds = state, round(seconds, 1)
        elif record is not None and record.figures:
            record.tried_again = f"{_today()}: {state}"
        else:
            record = Record(date=_today(), machine="", started=started, state=state)
        self._write(records | {stage: record})

    def _write(self, records: dict[str, Record]) -> None:
        text = json.dumps(_RECORDS.dump_python(records, mode="json"), indent=1)
        draft = self.path.with_suffix(".part")
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(self.path)


def _today() -> str:
    return time.strftime("%Y-%m-%d")
