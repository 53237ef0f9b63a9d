"""How a list's files end, where only some of its tools say it."""

from collections import Counter
from collections.abc import Sequence

from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.domain.writing.values.parameters import IS_WRITTEN

ENOUGH_TELL = 4
"""One in so many tools with a parameter says how its files end: then all of them do."""


def shared_endings(makers: Sequence[ArgumentMaker]) -> dict[str, tuple[str, ...]]:
    """How files end by parameter, where a good part of the tools says it and most say the same."""
    by_name: dict[str, list[tuple[str, ...]]] = {}
    for maker in makers:
        for name in maker.spoken_for:
            if maker.kind(name) == "file" and not IS_WRITTEN.search(name):
                by_name.setdefault(name, []).append(maker.told_endings(name))
    shared: dict[str, tuple[str, ...]] = {}
    for name, all_endings in by_name.items():
        telling = Counter(filter(None, all_endings))
        endings, count = next(iter(telling.most_common(1)), ((), 0))
        if 2 * count > telling.total() and ENOUGH_TELL * count >= len(all_endings):
            shared[name] = endings
    return shared
