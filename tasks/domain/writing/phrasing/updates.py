"""An update, said by the one thing of it that changes."""

import random
from dataclasses import replace
from typing import Any

from tasks.domain.identifiers import spoken, with_the
from tasks.domain.writing.phrasing.phrases import Phrase
from tasks.domain.writing.phrasing.spoken import bare_name, verbalize
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.values.kinds import TEXTS
from tasks.domain.writing.values.parameters import UPDATING


def as_change_of_one(
    wording: Wording, phrase: Phrase, arguments: dict[str, Any], rng: random.Random
) -> tuple[Phrase, dict[str, Any]]:
    """What is updated, by the one thing of it that changes: "set the title of issue 7 to …"."""
    maker = wording.maker
    optional = [name for name in arguments if name not in maker.required]
    is_update = phrase.verb in UPDATING and phrase.object and " to " not in phrase.object
    sets_another = any(
        isinstance(value, (dict, list)) or maker.kind(name) in TEXTS
        for name, value in arguments.items()
        if name in maker.required and name != wording.identity
    )
    if not is_update or sets_another or len(optional) != 1:
        return phrase, arguments
    name, value = optional[0], arguments[optional[0]]
    words = verbalize(value, maker.kind(name), rng)
    if isinstance(value, (bool, dict, list)) or "{" in words:
        return phrase, arguments
    thing = f"{with_the(spoken(name))} of {phrase.object} to {bare_name(words, value, rng)}"
    rest = {other: v for other, v in arguments.items() if other != name}
    return replace(phrase, verb=rng.choice(("set", "change", "update")), object=thing), rest
