"""tasks/domain/writing/lexicon: what one split says, the other does not."""

import tomllib
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.conversations import normalized
from tasks.domain.writing import lexicon

FILES = sorted(Path(lexicon.__file__).parent.glob("*.toml"))


def _by_split(name: str, value: Any) -> Iterator[tuple[str, dict[str, set[str]]]]:
    """Every table that has both splits, with what identifies its entries."""
    if not isinstance(value, dict):
        return
    splits = [key for key in value if key in ("train", "heldout")]
    if len(splits) == 2:
        yield name, {key: set(map(normalized, _identities(value[key]))) for key in splits}
    for key, part in value.items():
        for place, entry in enumerate(part if isinstance(part, list) else [part]):
            yield from _by_split(f"{name}.{key}.{place}", entry)


def _identities(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _identities(part)
    else:
        for entry in value:
            text = entry if isinstance(entry, str) else entry[0]
            if "{context}" not in text:  # contexts are split themselves
                yield text


TABLES = [
    table for file in FILES for table in _by_split(file.stem, tomllib.loads(file.read_text()))
]


@pytest.mark.parametrize(("name", "splits"), TABLES, ids=[name for name, _ in TABLES])
def test_no_entry_stands_in_both_splits(name: str, splits: dict[str, set[str]]) -> None:
    for one, other in combinations(splits, 2):
        assert splits[one], name
        assert not splits[one] & splits[other]


def test_all_tables_with_splits_are_looked_at() -> None:
    assert {name.split(".")[0] for name, _ in TABLES} >= {"frames", "hard_negatives"}
