"""Questions as the Berkeley Function Calling Leaderboard writes them, of our own making."""

from typing import Any

import pytest

from tasks.domain.evaluation.bfcl import Category, Entry, Question
from tasks.external.bfcl_package import MODULE, VERSION

FERRY: dict[str, Any] = {
    "name": "ferry.book",
    "description": "Book a passage on a ferry.",
    "parameters": {
        "type": "dict",
        "properties": {
            "route": {
                "type": "tuple",
                "items": {"type": "string"},
                "description": "The two harbours.",
            },
            "passengers": {"type": "integer", "description": "How many travel.", "default": 1},
            "fare": {
                "type": "float",
                "description": "At most, in euros.",
                "optional": True,
            },
            "cabin": {"type": "string", "enum": ["inside", "outside"]},
            "vehicles": {
                "type": "array",
                "items": {
                    "type": "dict",
                    "properties": {"length": {"type": "float"}, "note": {"type": "any"}},
                    "required": ["length"],
                },
            },
        },
        "required": ["route", "passengers"],
    },
}
ROUTE = ["Kiel", "Oslo"]
ANSWER = {
    "ferry.book": {
        "route": [ROUTE],
        "passengers": [2],
        "fare": [199.0, ""],
        "cabin": [""],
        "vehicles": [""],
    }
}


def question(category: Category = "simple_python", *answers: dict[str, Any]) -> Question:
    """A question about the ferry; without an answer, one that it cannot answer."""
    text = "Book the ferry from Kiel to Oslo for two people, for 199 euros at most."
    entry = Entry.model_validate(
        {"id": f"{category}_0", "question": [[{"role": "user", "content": text}]]}
        | {"function": [FERRY]}
    )
    return Question(category=category, entry=entry, ground_truth=answers)


def need_the_package() -> None:
    """Skip a test that needs the leaderboard's own files."""
    reason = f"needed pip install --no-deps bfcl-eval=={VERSION}"
    pytest.importorskip(MODULE, reason=reason)
