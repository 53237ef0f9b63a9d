"""The rows of a training benchmark: calls with result and answer, written as a run writes them."""

import json
from collections.abc import Sequence
from pathlib import Path

import profiles
from profiles import Data, Profile, Scenarios
from tasks.domain.gate.token_rules import EncodedRow
from tasks.domain.training.common_prefix import common_prefix_length

OWN_TOKENS = (100, 200)
"""Tokens of a row behind the shared prefix: fewer flatter sharing, more hide it behind results."""
_SPARE = 8
"""Rows written for each row needed: those of another length are left out."""


def write(server_name: str, profile: Profile, base: Path, count: int, path: Path) -> dict[str, int]:
    """Write ``count`` encoded rows to ``path`` as JSON; what the server offers and what they share.

    Raises:
        ValueError: fewer rows than needed have the right length.
    """
    # Reading needs none of it: a GPU machine is brought rows, and not what writes them.
    from tasks.domain.writing.rows import write_rows
    from tasks.external.servers import at_home, executing_read_only, read_toolset_of
    from tasks.external.tokenizer import ChatTokenizer

    server = profiles.load_server(server_name)
    toolset = read_toolset_of(server)
    data = _only_answered(profile.data, count * _SPARE)
    with executing_read_only(server, toolset, data.seed) as execute:
        written_rows = write_rows(toolset, at_home(server), data, execute)
    encode = ChatTokenizer(base).encode
    encoded = [encode(row) for row in written_rows.train]
    prefix = shared_tokens(encoded)
    least, most = OWN_TOKENS
    fitting = [row for row in encoded if least <= len(row.ids) - prefix <= most]
    if len(fitting) < count:
        supply = f"{len(fitting)} rows have the right length"
        raise ValueError(f"{server_name}: {supply}, needed {count}")
    selection = fitting[:count]
    encoding = [[list(row.ids), [int(trained) for trained in row.trained]] for row in selection]
    path.write_text(json.dumps(encoding, separators=(",", ":")), encoding="utf-8")
    return {"tools": len(toolset.tools), "prefix_tokens": prefix}


def read(path: Path) -> list[EncodedRow]:
    """The rows that ``write`` left."""
    rows = json.loads(path.read_text("utf-8"))
    return [EncodedRow(ids=ids, trained=[bool(n) for n in trained]) for ids, trained in rows]


def _only_answered(data: Data, samples: int) -> Data:
    standard = Scenarios(standard=1, no_tool=0, error=0, ambiguous=0, edge=0)
    changes = {"samples": samples, "answered_share": 1.0, "scenarios": standard}
    return data.model_copy(update=changes)


def shared_tokens(rows: Sequence[EncodedRow]) -> int:
    """How many tokens all rows begin with."""
    return common_prefix_length(min(row.ids for row in rows), max(row.ids for row in rows))
