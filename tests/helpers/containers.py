"""The files of ``infra/`` for container engines, parsed."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
INFRA = ROOT / "infra"
COMPOSE = yaml.safe_load((INFRA / "compose.yaml").read_text("utf-8"))
DOCKERFILE = (INFRA / "Dockerfile").read_text("utf-8")
CLAIM = yaml.safe_load((INFRA / "kubernetes" / "checkpoints-claim.yaml").read_text("utf-8"))


def template(kind: str) -> dict[str, Any]:
    """A base job template as bootstrap reads it."""
    path = INFRA / kind / "gpu-base-job-template.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def in_the_image() -> dict[str, str]:
    """The variables that the images have."""
    blocks = re.findall(r"^ENV ((?:.*\\\n)*.*)$", DOCKERFILE, re.M)
    pairs = " ".join(blocks).replace("\\\n", " ").split()
    return dict(pair.split("=", 1) for pair in pairs)
