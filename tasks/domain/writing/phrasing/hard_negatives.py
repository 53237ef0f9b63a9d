"""What sounds like a request and calls nothing: taken back, done already, or beyond every tool.

All have a call's own words and values. Beside the rows that do ask for these calls they show that
neither a value nor a verb nor a long sentence makes a call.
"""

import random
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from tasks.domain.conversations import Split
from tasks.domain.identifiers import plural, with_a
from tasks.domain.writing.phrasing.frames import ASKED
from tasks.domain.writing.phrasing.requests import deed, sentence, type_with_care
from tasks.domain.writing.phrasing.spoken import said
from tasks.domain.writing.phrasing.tool_context import ToolContext
from tasks.domain.writing.phrasing.typing_habits import typed
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.values import words
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.words import pieces

PAIRED_SHARE = 0.8
"""Share of them that say the very values of a row that calls."""
_LEFT = ("All right, I leave it.", "Understood, I won't.", "Fine, nothing to do then.")
_DONE = ("Good to hear!", "Glad that this is done.", "Well done!")
_TAUGHT = (
    "That is a question for a manual; I can only use my tools.",
    "I can do it with my tools, but not teach it well.",
    "Its documentation tells that better than I can.",
)
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
        ("how do I {do} in Python?", _TAUGHT),
        ("write a shell script to {do}.", _TAUGHT),
        ("how would one {do} by hand? In general, I mean.", _TAUGHT),
    ),
    "heldout": (
        ("forget what I said, I don't have to {do} any more.", _LEFT),
        ("there is no reason to {do} today.", _LEFT),
        ("{name} has offered to {do}, so you can rest.", _LEFT),
        ("it took me an hour to {do}, but it's done.", _DONE),
        ("{name} told me how hard it was to {do} {when}.", _HEARD),
        ("which JavaScript function would {do}?", _TAUGHT),
        ("is there a book on how to {do}?", _TAUGHT),
    ),
}


def hard_negative(
    choices: Sequence[Wording],
    called: Mapping[str, Sequence[dict[str, Any]]],
    split: Split,
    rng: random.Random,
) -> tuple[str, str] | None:
    """A text and its answer; None where no tool has values to say.

    ``called``: arguments of calls that rows of the split make, by tool. Most hard negatives say
    those of one of them, so that the two rows differ in nothing but what is meant.
    """
    if not choices:
        return None
    wording = rng.choice(choices).for_one(rng)
    pairs = called.get(wording.tool.name)
    if pairs and rng.random() < PAIRED_SHARE:
        told = rng.choice(pairs)
    else:
        told = wording.told(
            wording.maker.make(rng, DrawOptions(split, 0.2, free=rng.random() < 0.5))
        )
    phrase, thing = deed(wording, told, rng)
    frame, answers = rng.choice(_FRAMES[split])
    text = frame.format(
        do=f"{phrase.verb} {thing}".strip(),
        name=rng.choice(words.FIRST_NAMES),
        when=rng.choice(words.WHENS),
    )
    return type_with_care(wording, sentence(text), told, rng), rng.choice(answers)


_ELSEWHERE = pieces(
    "activate annotate approve archive assign automate back-up ban bill block bookmark build "
    "bundle cancel claim clone colour compile compress configure crop debug decrypt delete "
    "deploy deprecate digitise disable downgrade download draw duplicate email enable encrypt "
    "exclude export fax fetch film flag fold follow forward freeze frame grade hide highlight "
    "host import install invite invoice join label laminate launch license link lock mail "
    "melt merge migrate mirror mount mute notarise number outsource paint password-protect "
    "patch photograph pin post postpone promote proofread publish pull purge push quarantine "
    "queue rank rate rebuild recolour recycle redact refund release rename render rent repair "
    "repeat reserve resize restart restore retire revoke rewind rotate sanitise schedule sell "
    "share shorten shred shuffle sign simulate sort split sponsor stream subscribe-to sync "
    "tag tax test tokenise train transcribe translate trim uninstall unlock unpin unpublish "
    "upgrade upload validate visualise vote-on weigh whitelist wrap zip"
)
"""What one can do to things, and few servers have a tool for: so many, that the rule is learned and
not the list."""
_ASKED: dict[Split, tuple[str, ...]] = {
    "train": (
        *ASKED["train"],
        "I need to {do}.",
        "{do} pls",
        "{do}",
        "{do}!",
        "I want you to {do}.",
        "I'd like to {do}.",
        "help me {do}.",
    ),
    "heldout": (*ASKED["heldout"], "{name} wants me to {do}.", "go on and {do}."),
}
_THINGS = (
    *("the {noun}", "the {noun}", "my {noun}", "my {nouns}", "this {noun}", "all {nouns}"),
    *("the last {n} {nouns}", "it", "everything", "some {nouns}", "the {nouns}"),
)
_NAMED = ("the {noun}", "the {noun}", "{noun}", "my {noun}", "")
"""What may stand before a value."""
BY_NAME_SHARE = 0.2
"""Share of them that sound like a tool of the server: "git push", beside ``git_log``."""
TAIL_SHARE = 0.25
_TAILS: dict[Split, tuple[str, ...]] = {
    "train": (
        " to {name}",
        " for {name}",
        " to the server",
        " into one",
        " on the website",
        " too",
    ),
    "heldout": (" with {name}", " to the cloud", " on my phone"),
}


@lru_cache(maxsize=32)
def _beyond_tools(about: str, said: frozenset[str]) -> tuple[str, ...]:
    """The verbs that no tool's name or description has, and that are said for none of theirs."""
    return tuple(
        verb
        for verb in _ELSEWHERE
        if verb not in said and not re.search(rf"\b{verb.partition('-')[0][:-1]}", about)
    )


def unsupported_request(
    choices: Sequence[Wording], context: ToolContext, split: Split, rng: random.Random
) -> tuple[str, str] | None:
    """A request about the tools' own things that none of them can do, and an honest answer."""
    phrases = [phrase for wording in choices for phrase in (*wording.phrases, *wording.others)]
    verbs = _beyond_tools(context.about, frozenset(phrase.verb for phrase in phrases))
    named = [wording for wording in choices if wording.identity]
    if not verbs:
        return None
    verb, noun, value = rng.choice(verbs), rng.choice(context.nouns), ""
    if named and rng.random() < 0.7:
        wording = rng.choice(named)
        identity = wording.identity or ""
        drawn = wording.maker.make(rng, DrawOptions(split, 0.0, free=True)).get(identity)
        if isinstance(drawn, str) and wording.noun:
            noun, value = wording.noun, said(drawn, wording.maker.kind(identity), rng)
    things = _NAMED if value else _THINGS
    thing = rng.choice(things).format(noun=noun, nouns=plural(noun), n=rng.randint(2, 9))
    verb = verb.replace("-", " ")
    do = " ".join(part for part in (verb, thing, value) if part)
    if rng.random() < TAIL_SHARE:
        do += rng.choice(_TAILS[split]).format(name=rng.choice(words.FIRST_NAMES))
    text = rng.choice(_ASKED[split]).format(do=do, name=rng.choice(words.FIRST_NAMES))
    if context.first_word and rng.random() < BY_NAME_SHARE:
        text = f"{context.first_word} {verb} {value}"
    answer = rng.choice(("I have no tool to {} {}.", "None of my tools can {} {}."))
    meant = thing if thing in ("it", "everything") else with_a(noun)
    return sentence(typed(text, rng)), answer.format(verb, meant)
