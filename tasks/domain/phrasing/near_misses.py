"""What sounds like a request and is none: a call's own words and values, taken back or done.

Beside the rows that do ask for these calls they show that neither a value nor a verb nor a long
sentence makes a call.
"""

import random
from collections.abc import Sequence

from tasks.domain.arguments import words
from tasks.domain.arguments.maker import Wish
from tasks.domain.conversations import Split
from tasks.domain.phrasing.requests import deed, sentence, typed_with_care
from tasks.domain.phrasing.wording import Wording

_LEFT = ("All right, I leave it.", "Understood, I won't.", "Fine, nothing to do then.")
_DONE = ("Good to hear!", "Glad that this is done.", "Well done!")
_HEARD = ("I see. Tell me if I can help with it.", "Thanks for telling me.", "Good to know.")

_FRAMES: dict[Split, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "train": (
        ("please don't {do}.", _LEFT),
        ("no need to {do}, I have it already.", _LEFT),
        ("I was going to ask you to {do}, but never mind.", _LEFT),
        ("don't {do} yet, {name} has to agree first.", _LEFT),
        ("I managed to {do} myself, thanks!", _DONE),
        ("{name} helped me to {do} {when}, so that is settled.", _DONE),
        ("you just helped me to {do}. That was quick!", _DONE),
        ("my job is to {do} every morning. It gets boring.", _HEARD),
        ("{name} always forgets to {do}.", _HEARD),
        ("{when} somebody asked me to {do}, and I had no idea how.", _HEARD),
        ("I don't want to {do}, I only wanted to say hello.", _LEFT),
    ),
    "heldout": (
        ("forget what I said, I don't have to {do} any more.", _LEFT),
        ("there is no reason to {do} today.", _LEFT),
        ("{name} has offered to {do}, so you can rest.", _LEFT),
        ("it took me an hour to {do}, but it's done.", _DONE),
        ("{name} told me how hard it was to {do} {when}.", _HEARD),
    ),
}


def near_miss(
    choices: Sequence[Wording], split: Split, rng: random.Random
) -> tuple[str, str] | None:
    """A text and its answer; None where no tool has values to say."""
    if not choices:
        return None
    wording = rng.choice(choices).for_one(rng)
    arguments = wording.maker.make(rng, Wish(split, 0.2))
    said = {n: v for n, v in arguments.items() if not wording.maker.is_constant(n)}
    phrase, thing = deed(wording, said, rng)
    frame, answers = rng.choice(_FRAMES[split])
    text = frame.format(
        do=f"{phrase.verb} {thing}".strip(),
        name=rng.choice(words.FIRST_NAMES),
        when=rng.choice(words.WHENS),
    )
    return typed_with_care(wording, sentence(text), said, rng), rng.choice(answers)
