"""Where the ``$ref`` of a schema leads: inside its own document only, nothing is ever fetched."""

import json
from functools import lru_cache
from typing import Any

from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import (
    DRAFT4,
    DRAFT6,
    DRAFT7,
    DRAFT201909,
    DRAFT202012,
    specification_with,
)

from tasks.domain.errors import UnusableTool

_OLDER = (DRAFT201909, DRAFT7, DRAFT6, DRAFT4)


class Document:
    """A whole schema, in which references are looked up."""

    def __init__(self, schema: Any) -> None:
        self._resolver = _resolver(schema)
        self._targets: dict[str, Any] = {}

    def lookup(self, reference: Any) -> Any:
        """What a ``$ref`` points to: by JSON pointer, ``$anchor`` or the document's own ``$id``.

        Raises:
            UnusableTool: it is no text, leaves the document, or points nowhere in it.
        """
        if not isinstance(reference, str):
            raise UnusableTool(f"$ref is {json.dumps(reference)}, needed a text")
        if reference not in self._targets:
            self._targets[reference] = self._find(reference)
        return self._targets[reference]

    def _find(self, reference: str) -> Any:
        try:
            return self._resolver.lookup(reference).contents
        except (Unresolvable, ValueError, TypeError) as error:  # a pointer into no object or list
            where = "points nowhere" if reference.startswith("#") else "leaves the document"
            raise UnusableTool(f"$ref {reference!r} {where}") from error


def _resolver(schema: Any) -> Any:
    """What follows references, in the dialect that the schema names or else fits.

    In prompts and rows a schema names none.
    """
    dialect = schema.get("$schema") if isinstance(schema, dict) else None
    first: Exception | None = None
    for kind in (specification_with(str(dialect), default=DRAFT202012), *_OLDER):
        try:
            resource = kind.create_resource(schema)
            own = resource.id() or ""
            return Registry[Any]().with_resource(own, resource).crawl().resolver(own)
        except (AttributeError, TypeError, ValueError) as error:
            first = first or error
    raise UnusableTool(
        "not a valid JSON Schema: its '$id', '$anchor' or a part that may hold them is not of the "
        f"type that JSON Schema asks for ({first})"
    ) from first


def document(schema: Any) -> Document:
    """The document of a schema; made once per schema."""
    return _document(json.dumps(schema))


@lru_cache(maxsize=256)
def _document(text: str) -> Document:
    return Document(json.loads(text))
