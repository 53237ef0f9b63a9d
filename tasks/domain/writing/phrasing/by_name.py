"""The phrases of a tool's name."""

import re

from tasks.domain.identifiers import is_plural, spoken, with_a, with_the
from tasks.domain.writing.phrasing.phrases import SLOT, TOWARDS, Phrase, named_slot
from tasks.domain.writing.phrasing.verbs import MAKING, NOUNS, SHOWING
from tasks.domain.writing.values.kinds import ON_SERVER, TEXTS
from tasks.domain.writing.values.maker import ArgumentMaker

_SETTING = frozenset(("set", "change", "adjust"))
"""Verbs that give a thing a value: "set the volume to 30"."""


def named_phrases(
    maker: ArgumentMaker, verb: str | None, head: str, tail: str, identity: str | None
) -> tuple[Phrase, ...]:
    """What a name asks for.

    Args:
        maker: the tool's.
        verb: the name's, where it has one.
        head: what the verb is done to, without an article.
        tail: what follows from the first preposition on.
        identity: the parameter whose value stands for the head.
    """
    end = f" {tail}" if tail else ""
    if not maker.tool.name.isascii() or (verb is None and not maker.tool.read_only):
        # Nobody knows what it does: to show something would be a guess, and a wrong one.
        words = f"{head}{end}" if maker.tool.name.isascii() else ""
        thing = with_the(words) if " " in words else words
        return (Phrase("run", thing or maker.tool.name, False),)
    if identity and verb in _SETTING and maker.kind(identity) not in ON_SERVER | TEXTS:
        return (Phrase(verb, f"{with_the(head)}{end} to {SLOT}", False),)
    if identity:
        return (
            Phrase(verb or "show", f"{TOWARDS.get(verb or '', '')}{SLOT}{end}", verb in SHOWING),
        )
    if not head:
        return (Phrase(verb or "run", tail, False),)
    if verb is None and head.endswith("ing"):
        return (Phrase("run", head + end, False),)
    making = verb in MAKING and not is_plural(head)
    thing = with_a(f"new {head}") if making else with_the(head)
    return (Phrase(verb or "show", thing + end, verb is None or verb in SHOWING),)


def replacing_phrases(
    maker: ArgumentMaker, words: tuple[str, ...], tail: str
) -> tuple[Phrase, ...]:
    """One text in the place of another, where a tool takes the old and the new one."""
    if "replace" not in words and "edit" not in words:
        return ()
    texts = [name for name in maker.required if maker.kind(name) in TEXTS]
    old = [name for name in texts if _OLD.match(spoken(name))]
    new = [name for name in texts if _NEW.match(spoken(name))]
    if len(old) != 1 or len(new) != 1:
        return ()
    thing = f"{named_slot(old[0], 'text')} with {named_slot(new[0], 'text')} {tail}".strip()
    return (Phrase("replace", thing, False),)


_OLD = re.compile(r"(old|find|search|original|from|target|query)\b")
_NEW = re.compile(r"(new|replace|replacement|with|to)\b")


def as_noun(maker: ArgumentMaker, verb: str, head: str) -> tuple[Phrase, ...]:
    """A tool whose name ends with a verb that is a noun too: "make a commit", "do a web search"."""
    doing, _, thing = NOUNS[verb].format(verb).partition(" ")
    if head:
        return (Phrase(doing, f"{with_a(head)} {verb}", False),)
    says_how = any(name in maker.required for name in maker.spoken_for)
    return (Phrase(verb, "", False), *((Phrase(doing, thing, False),) if says_how else ()))
