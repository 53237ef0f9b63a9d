"""The first inputs of every target; ``make fuzz`` tries new ones for as long as it is told to."""

import pytest

from tests.fuzz.hunt import try_few
from tests.fuzz.targets import TARGETS

READ = {"calls", "opened", "a server", "read", "rows", "faults and rows", "loaded"}
"""How outcomes of inputs end that are no refusals."""


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_brought_is_read_right_or_refused_in_one_line(name: str) -> None:
    target = TARGETS[name]
    outcomes = try_few(target, target.inputs_of_a_test)
    assert outcomes.total() >= target.inputs_of_a_test // 2
    assert READ & {outcome.rpartition(": ")[2] for outcome in outcomes}
