"""An nvidia-smi that answers as the real one does, for GPUs that a test thinks up."""

import sys
from collections.abc import Mapping
from pathlib import Path

PROGRAM = """#!{python} -SE
import sys

GPUS = {gpus!r}
options = dict(option.lstrip("-").partition("=")[::2] for option in sys.argv[1:])
names = options["id"].split(",") if "id" in options else [str(n) for n in range(len(GPUS))]
for name in names:
    found = [g for n, g in enumerate(GPUS) if name in (str(n), g["uuid"])]
    if not found:
        sys.exit(6)
    print(", ".join(found[0][field] for field in options["query-gpu"].split(",")))
"""


def install(folder: Path, *gpus: Mapping[str, str]) -> None:
    """Put the program into ``folder``; a GPU is its fields by their names in ``--query-gpu``."""
    program = folder / "nvidia-smi"
    text = PROGRAM.format(python=sys.executable, gpus=[dict(gpu) for gpu in gpus])
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
