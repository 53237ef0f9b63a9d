"""tasks/domain/schemas/references.py: what a ``$ref`` points to."""

from typing import Any

import pytest

from tasks.domain.errors import UnusableTool
from tasks.domain.schemas.references import Document
from tasks.domain.schemas.validation import validator


@pytest.mark.parametrize("target", [False, 3, None, "Address", [], {"Person": {}}])
def test_a_pointer_into_what_has_no_such_part_points_nowhere(target: Any) -> None:
    schema = {"type": "object", "$defs": target}
    with pytest.raises(UnusableTool, match=r"'#/\$defs/Address' points nowhere"):
        Document(schema).lookup("#/$defs/Address")


@pytest.mark.parametrize("reference", [False, 3, None, [], {}])
def test_a_reference_is_a_text(reference: Any) -> None:
    with pytest.raises(UnusableTool, match=r"^\$ref is .+, needed a text$"):
        Document({"type": "object"}).lookup(reference)


def test_an_empty_reference_is_the_whole_schema() -> None:
    part = {"const": None, "$ref": ""}
    check = validator({"type": "object", "properties": {"name": part}})
    assert not check.is_valid({"name": None})
