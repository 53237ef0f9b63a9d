"""tasks/domain/schemas/references.py: what a ``$ref`` points to."""

from typing import Any

import pytest

from tasks.domain.errors import UnusableTool
from tasks.domain.schemas.references import Document


@pytest.mark.parametrize("target", [False, 3, None, "Address", [], {"Person": {}}])
def test_a_pointer_into_what_has_no_such_part_points_nowhere(target: Any) -> None:
    schema = {"type": "object", "$defs": target}
    with pytest.raises(UnusableTool, match=r"'#/\$defs/Address' points nowhere"):
        Document(schema).lookup("#/$defs/Address")
