"""What earlier releases have stored is read by today's names."""

from typing import Any

import pytest

from tasks.domain.products import Finding, LoopCase, Product
from tasks.domain.toolcalls import ConfusedTools

CASE = {"scenario": "standard", "tool": "now", "prompt": "?", "completed": True}


@pytest.mark.parametrize(
    ("kind", "values", "former"),
    [
        (LoopCase, CASE | {"first_answer": "ten"}, {"first_answer": "said"}),
        (
            Finding,
            {"rule": "r", "passed": True, "value": "2", "requirement": "1"},
            {"value": "found", "requirement": "needed"},
        ),
        (
            ConfusedTools,
            {"expected_tool": "a", "called_tool": "b", "count": 1, "example": "?"},
            {"expected_tool": "expected", "called_tool": "called"},
        ),
    ],
)
def test_reports_of_earlier_releases_are_read(
    kind: type[Product], values: dict[str, Any], former: dict[str, str]
) -> None:
    older = kind.model_validate({former.get(name, name): v for name, v in values.items()})
    assert older == kind.model_validate(values)
    assert {name: older.model_dump()[name] for name in values} == values
