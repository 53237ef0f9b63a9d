"""Train a tiny model in a process of its own: ``python -m tests.fakes.train_until_told base work``.

Each update is a line of JSON on standard output; the error that ends it stands on standard error.
"""

import sys
from pathlib import Path

from tasks.domain.errors import ForgeError
from tasks.domain.progress import TrainingUpdate
from tests.external.test_trainer import prepared, rows, settings

STEPS = 400


def say(update: TrainingUpdate) -> None:
    """Tell the parent what the trainer tells us."""
    sys.stdout.write(update.model_dump_json() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Train until it is done or a signal comes."""
    from tasks.external.trainer import engine

    base, work = map(Path, sys.argv[1:])
    training = settings(max_steps=STEPS, save_steps=1000)
    model, tokenizer = prepared(base, training)
    try:
        engine.train(model, tokenizer, rows(base), None, training, work, say)
    except ForgeError as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
