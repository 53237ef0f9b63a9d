"""Verbs: which word of a tool's name is one, what it does, and its forms."""

import re
from collections.abc import Iterable

from tasks.domain.identifiers import name_words, pieces
from tasks.domain.products import Tool
from tasks.domain.writing.lexicon import Lexicon

_LEXICON = Lexicon("verbs")

PHRASAL = _LEXICON.map("phrasal")
SHOWING = frozenset(_LEXICON.texts("showing"))
"""Verbs whose point is to see the object: 'I need {object}' means the same."""
CREATING = frozenset(_LEXICON.texts("creating"))
"""Verbs whose object is not there before."""
MAKING = frozenset(_LEXICON.texts("making"))
TELLING = SHOWING | frozenset(
    pieces("read search query describe count check compare calculate convert translate run echo")
)
"""Verbs whose result tells something; the others do a thing and say that it is done."""
MOVING = frozenset(_LEXICON.texts("moving"))
SAYING = frozenset(_LEXICON.texts("saying"))
VERBS = (
    SHOWING
    | MAKING
    | MOVING
    | SAYING
    | frozenset(
        pieces(
            "abort accept acknowledge activate adjust aggregate allow analyse analyze annotate "
            "append apply approve archive arrange ask assign attach authenticate authorize "
            "autofit ban begin block book browse buy calculate call cancel capture change check "
            "choose clean clear click clone close collapse collect combine commit compare "
            "compile complete compose compress compute configure confirm connect convert count "
            "crop cut deactivate debug decode decrypt define delete deliver demonstrate demote "
            "deny deploy describe destroy detach detect disable disconnect discover dismiss "
            "dispatch do downgrade drag draw drop duplicate edit embed emit enable encode "
            "encrypt end enrich enroll enumerate escalate estimate evaluate examine exchange "
            "execute expand explain explore extract fill filter finish fix flag flatten flip "
            "flush follow format forward freeze grant group gzip handle hide highlight hover "
            "identify increase ingest inject inspect install invite invoke join judge keep kill "
            "launch lend link load locate lock look manage map mark measure mention migrate "
            "minify modify monitor mount mute navigate notify observe order organize parse "
            "paste pause pay perform pin ping place plan play predict prepend press preview "
            "process promote protect provide provision pull purchase purge push put query queue "
            "quote rate read reassign rebase reboot rebuild recall receive recognize recommend "
            "record redact redirect redo reduce refresh refund reject relabel release reload "
            "remember remind remove render reopen reorder replace reply report request "
            "reschedule reserve reset resize resolve restart restore resume retry reverse "
            "revert review revoke rewind rotate run save scale scan schedule score scrape "
            "scroll search seek select sell set share shift ship shorten sign simulate skip "
            "snooze solve sort speak split squash stage star stash stop store submit subscribe "
            "substitute suggest summarise summarize suspend swap switch take tell terminate "
            "test toggle tokenize trace track train transcribe transform translate trigger trim "
            "turn type unarchive unassign unban unblock undo unfollow unfreeze unhide uninstall "
            "unlike unlink unlock unmap unmount unmute unpin unprotect unpublish unregister "
            "unstage unstar unsubscribe untag unwrap update upgrade upsert use validate verify "
            "visit vote wait wake walk watch wipe wrap zip zoom"
        )
    )
)
CHANGING = frozenset(
    pieces(
        "add append archive cancel close commit copy create deactivate delete disable drop edit "
        "enable insert install kill merge move post publish push put refund remove rename reset "
        "revoke send set start stop terminate unlink update upload write"
    )
)
"""Words of a name that outweigh a reading verb beside them: ``get_or_create``."""
SYNONYMS = _LEXICON.lists("synonyms")
"""What people say instead of a verb. Not where another tool of the server has that verb."""
NOUNS = _LEXICON.map("nouns")
"""Verbs that are nouns too, and what one does with these: "make a commit"."""
_NAMES_FIRST = frozenset(_LEXICON.texts("names_first"))
"""Words that, alone as a whole name, are the thing asked for: ``git_log``, ``git_status``."""


_DOUBLED = re.compile(r"(?:^|sub|com|per)[^aeiou]*(?<!v)[aeiou][bdglmnprt]$")
"""One short vowel between consonants: 'stop' → 'stopped'."""
_IRREGULAR = _LEXICON.map("irregular")


def past_participle(verb: str) -> str:
    """The past participle of a verb, with its particle: 'check out' → 'checked out'."""
    if " or " in verb:
        return " or ".join(map(past_participle, verb.split(" or ")))
    first, _, particle = verb.partition(" ")
    word = _IRREGULAR.get(first)
    if word is None and first.endswith("e"):
        word = f"{first}d"
    elif word is None and re.search(r"[^aeiou]y$", first):
        word = f"{first[:-1]}ied"
    elif word is None:
        word = f"{first}{first[-1] if _DOUBLED.search(first) else ''}ed"
    return f"{word} {particle}".strip()


def base_form(word: str) -> str | None:
    """The plain form of a verb in a description: 'Fetches' → 'fetch'; None if it is none."""
    word = word.lower()
    if word in VERBS or word in PHRASAL:
        return PHRASAL.get(word, word)
    for ending, base in (("ies", "y"), ("es", ""), ("s", ""), ("hes", "h"), ("es", "e")):
        stem = word.removesuffix(ending) + base
        if word.endswith(ending) and stem in VERBS:
            return stem
    return None


def without_verb(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a tool's name behind the verb that it opens with."""
    return words[1:] if leading_verb(words) else words


def shared_first_word(names: Iterable[tuple[str, ...]]) -> str:
    """The word, no verb, that all of more than two tools' names begin with ("git"), or nothing."""
    firsts = [words[:1] for words in names]
    if len(firsts) < ENOUGH or len(set(firsts)) > 1 or leading_verb((*firsts[0], "")):
        return ""
    return "".join(firsts[0])


ENOUGH = 3
"""Tools from which a word that all names begin with is a prefix, no chance."""


def leading_verb(words: tuple[str, ...]) -> str | None:
    """The verb that a tool's name opens with, or None."""
    if not words or (len(words) == 1 and words[0] in _NAMES_FIRST):
        return None
    is_verb = words[0] in VERBS or words[0] in PHRASAL or " or " in words[0]
    is_verb = is_verb or bool(_AGAIN.match(words[0]) and words[0][2:] in VERBS)
    return PHRASAL.get(words[0], words[0]) if is_verb else None


_AGAIN = re.compile(r"(?!research|return)(re|un)[a-z]{3}")
"""What is done once more, or taken back: "recreate"."""


def is_changing(tool: Tool) -> bool:
    """Whether a call may change something: so, unless the list, the name or the text says reading.

    In a name a verb of changing outweighs one of reading that it stands before or is joined to.
    """
    if tool.read_only:
        return False
    words = name_words(tool.name)
    place = next((n for n, word in enumerate(words) if word in TELLING - {"run"}), None)
    if place is None:
        says_reading = "run" in words or _only_reads(tool.description)
        return bool(CHANGING & {*words}) or not says_reading
    # What a search is asked with is posted, in HTTP's words.
    before = CHANGING & {*words[:place]} - {"post"}
    return bool(before) or _joins_another(" ".join(words))


def only_reads(tool: Tool) -> bool:
    """Whether a tool is said to read and nothing else, by its name and by its description."""
    return not is_changing(tool) and _only_reads(tool.description)


def _only_reads(description: str) -> bool:
    """Whether a description opens with what is read: "Get the length of a list"."""
    sentence = re.split(r"[.\n]", description.strip(), maxsplit=1)[0]
    return _READING.match(sentence) is not None and not _joins_another(sentence)


def _joins_another(text: str) -> bool:
    """Whether words join a verb that does more than tell something: "search and replace"."""
    joined_verbs = map(base_form, re.findall(r"\b(?:and|or|then) (\w+)", text))
    return any(verb is not None and verb not in TELLING for verb in joined_verbs)


_READING = re.compile(
    r"(?i)(?:(?:get|return|retrieve|list|show|display|read|view|fetch|find|look|search|describe|count"
    r"|check|compare|scan|tell|print)(?:s|es)?|query|queries)\b(?! (?:out|in|off)\b)"
)
"""How the description of a tool opens that changes nothing."""
