"""Build a base from the hub: ``python -m tests.fakes.download <repository> <revision> <folder>``.

A process of its own, because the hub's client reads its environment when it is imported. Prints the
origin and the sha256 of the folder.
"""

import sys
from pathlib import Path

from profiles import Model, load_model
from tasks.domain.errors import UnusableModel
from tasks.external.base_model import build_base, is_at_hand
from tasks.external.storage import digest


def main() -> None:
    """Look, then download; a refusal is the last line on standard error."""
    repository, revision, folder = sys.argv[1:]
    source = {"kind": "hub", "repository": repository, "revision": revision}
    value = load_model("smollm2").model_dump() | {"name": "other", "source": source}
    model = Model.model_validate(value)
    try:
        is_at_hand(model)
        origin = build_base(model, Path(folder), _report)
    except UnusableModel as error:
        sys.exit(str(error))
    sys.stdout.write(f"{origin} {digest(Path(folder))[0]}\n")


def _report(here: int, total: int) -> None:
    sys.stderr.write(f"{here} of {total} bytes\n")


if __name__ == "__main__":
    main()
