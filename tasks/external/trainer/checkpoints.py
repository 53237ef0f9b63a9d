"""The checkpoints of one training: sealed when they are whole, so that no half-written one is read.

<folder>/
  made_from.json            what the training is made from (``Origin``)
  ladder.json               the fallbacks that it took when memory ran out
  start.safetensors         the adapter before the first step
  best-<step>.safetensors   the adapter with the lowest evaluation loss
  checkpoint-<step>/        model, optimiser, scheduler, random state, data position, and last of
    sealed.json             all, the size and sha256 of each of these files
"""

import json
import shutil
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from tasks.domain.errors import ResumeRefused
from tasks.domain.training.memory_fallbacks import Ladder
from tasks.domain.training.origin import Origin, differences
from tasks.external.storage import digest, files_below

_SEAL = "sealed.json"
Record = TypeVar("Record", bound=BaseModel)


class Checkpoints:
    """What one training keeps to go on from. Every file appears under its name only when whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def claim(self, origin: Origin | None) -> str:
        """Take the folder for a training made from ``origin``; why it starts anew, or "".

        Raises:
            ResumeRefused: the folder holds the checkpoints of another training.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / "made_from.json"
        if origin is not None:
            other = differences(_read(Origin, file) or origin, origin)
            if other:
                raise ResumeRefused(
                    f"the checkpoints in {self._folder} were made from {'; '.join(other)}; "
                    "needed the same inputs, or a folder without checkpoints"
                )
            _write(origin, file)
        broken = self.drop_broken()
        if self.newest() is not None:
            return ""
        if broken:
            return f"no checkpoint is whole: {'; '.join(broken)}"
        return self._about_others(origin) if origin is not None else ""

    def newest(self) -> Path | None:
        """The newest checkpoint that is whole."""
        return next((path for path in reversed(self._all()) if not fault(path)), None)

    def holds(self, step: int) -> bool:
        """Whether a whole checkpoint of this step is there."""
        return not fault(self._folder / f"checkpoint-{step}")

    def seal(self, step: int) -> None:
        """Say of a checkpoint that all its files are written."""
        place = self._folder / f"checkpoint-{step}"
        _write_text(json.dumps(_contents(place), indent=2), place / _SEAL)

    def prune(self, keep: int, best: int | None) -> None:
        """Keep the newest checkpoints, and of the best adapters the one of step ``best``."""
        for path in self._all()[:-keep]:
            shutil.rmtree(path)
        for path in self._folder.glob("best-*.safetensors"):
            if path != self._best(best):
                path.unlink()

    def drop_broken(self) -> list[str]:
        """Remove checkpoints that are not whole; what was wrong with each."""
        faults = {path: fault(path) for path in self._all()}
        for path, wrong in faults.items():
            if wrong:
                shutil.rmtree(path)
        return [f"{path.name}: {wrong}" for path, wrong in faults.items() if wrong]

    def drop(self) -> None:
        """Remove everything: the training is done, and its adapter stored."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def ladder(self) -> Ladder | None:
        """The fallbacks taken so far; None where memory never ran out."""
        return _read(Ladder, self._folder / "ladder.json")

    def keep_ladder(self, ladder: Ladder) -> None:
        """A training that is started again begins with the fallbacks that were reached."""
        _write(ladder, self._folder / "ladder.json")

    def keep_start(self, model: Any) -> None:
        """Keep the adapter as it is before the first step."""
        _save(model, self._folder / "start.safetensors")

    def restore_start(self, model: Any) -> None:
        """Put the adapter back to what it was before the first step."""
        _load(model, self._folder / "start.safetensors")

    def keep_best(self, model: Any, step: int) -> None:
        """Keep the adapter of the evaluation with the lowest loss so far."""
        _save(model, self._best(step))

    def restore_best(self, model: Any, step: int) -> bool:
        """Put the adapter back to that of ``step``; False when it cannot be read."""
        try:
            _load(model, self._best(step))
        except (OSError, SafetensorError):
            return False
        return True

    def _best(self, step: int | None) -> Path:
        return self._folder / f"best-{step}.safetensors"

    def _all(self) -> list[Path]:
        return sorted(self._folder.glob("checkpoint-*"), key=_step)

    def _about_others(self, origin: Origin) -> str:
        """Why the newest training of the same model is not the one to go on with."""
        for other in sorted(self._folder.parent.iterdir(), key=_age):
            made_from = _read(Origin, other / "made_from.json")
            if other == self._folder or made_from is None or made_from.model != origin.model:
                continue
            newest = Checkpoints(other).newest()
            if newest is None:
                continue
            reason = "; ".join(differences(made_from, origin)) or "another version of the code"
            return f"{other.name} has {newest.name}, but was made from {reason}"
        return ""


def fault(checkpoint: Path) -> str:
    """Why a checkpoint cannot be gone on from; "" when it is whole."""
    try:
        sealed = json.loads((checkpoint / _SEAL).read_text(encoding="utf-8"))
        state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except OSError:
        return "its writing was not finished"
    except ValueError:
        return "its seal or its state is not JSON"
    actual = _contents(checkpoint)
    for name, expected in sealed.items():
        if actual.get(name) != expected:
            return f"{name} is {'altered' if name in actual else 'gone'}"
    if state.get("global_step") != _step(checkpoint):
        return f"it is of step {state.get('global_step')}"
    return ""


def _contents(checkpoint: Path) -> dict[str, list[str | int]]:
    """Name: [sha256, bytes] of each file but the seal."""
    files = files_below(checkpoint).items()
    return {name: list(digest(path)) for name, path in files if path.name != _SEAL}


def _step(checkpoint: Path) -> int:
    number = checkpoint.name.rsplit("-", 1)[-1]
    return int(number) if number.isdecimal() else -1


def _age(path: Path) -> float:
    return -path.stat().st_mtime


def _save(model: Any, file: Path) -> None:
    from peft.utils import get_peft_model_state_dict

    weights = get_peft_model_state_dict(model, save_embedding_layers=False)
    draft = file.with_suffix(".draft")
    save_file({name: value.contiguous() for name, value in weights.items()}, draft)
    draft.replace(file)


def _load(model: Any, file: Path) -> None:
    from peft.utils import set_peft_model_state_dict

    set_peft_model_state_dict(model, load_file(file))


def _read(kind: type[Record], file: Path) -> Record | None:
    try:
        return kind.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def _write(value: BaseModel, file: Path) -> None:
    _write_text(value.model_dump_json(indent=2), file)


def _write_text(text: str, file: Path) -> None:
    draft = file.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
