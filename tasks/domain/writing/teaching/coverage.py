"""Which tools of a list a shipped phrasebook speaks for."""

from collections.abc import Mapping, Sequence

from tasks.domain.products import Toolset
from tasks.domain.writing.book.fingerprints import schema_fingerprint, schemas_of_book
from tasks.domain.writing.phrasebook import Line, RequestLine


def spoken_for(
    toolset: Toolset, own: Sequence[Line], others: Sequence[Sequence[Line]]
) -> frozenset[str]:
    """The tools with requests in their server's book, or in another's for the same schema."""
    requested = {line.tool for line in own if isinstance(line, RequestLine)}
    shared: Mapping[str, set[str]] = {tool.name: set() for tool in toolset.tools}
    for lines in others:
        schemas = schemas_of_book(lines)
        for name in shared:
            shared[name].update({schemas[name]} if name in schemas else ())
    return frozenset(
        tool.name
        for tool in toolset.tools
        if tool.name in requested or schema_fingerprint(tool) in shared[tool.name]
    )
