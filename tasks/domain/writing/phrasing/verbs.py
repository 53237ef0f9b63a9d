"""Verbs: which word of a tool's name is one, what it does, and its forms."""

import re
from collections.abc import Iterable

from tasks.domain.writing.values.words import pieces

PHRASAL = {
    "checkout": "check out",
    "lookup": "look up",
    "setup": "set up",
    "signup": "sign up",
    "login": "log in",
    "logout": "log out",
    "shutdown": "shut down",
    "rollback": "roll back",
    "backup": "back up",
    "gzip": "gzip",
    "ls": "list",
    "mkdir": "create",
    "rm": "remove",
    "mv": "move",
    "cp": "copy",
}
SHOWING = frozenset(
    pieces("get show list display retrieve return view fetch find lookup give obtain see print")
)
"""Verbs whose point is to see the object: 'I need {object}' means the same."""
CREATING = frozenset(pieces("create make generate build"))
"""Verbs whose object is not there before."""
MAKING = frozenset(pieces("create make generate add new build open register write insert start"))
TELLING = SHOWING | frozenset(
    pieces("read search query describe count check compare calculate convert translate run echo")
)
"""Verbs whose result tells something; the others do a thing and say that it is done."""
MOVING = frozenset(
    pieces("move copy rename transfer send upload download import export merge sync")
)
SAYING = frozenset(
    pieces("echo say repeat send post publish print append add write insert log note")
)
VERBS = (
    SHOWING
    | MAKING
    | MOVING
    | SAYING
    | frozenset(
        pieces(
            "accept activate adjust aggregate allow analyse analyze append apply approve "
            "archive arrange ask assign attach authorize book browse calculate call cancel "
            "change check choose clear clone close collect combine commit compare complete "
            "compress compute configure confirm connect convert count crop cut deactivate "
            "debug decode decrypt define delete deliver demonstrate deny deploy describe "
            "detect disable disconnect discover do drop duplicate edit enable encode encrypt "
            "end estimate evaluate examine exchange execute expand explain explore extract "
            "fill filter finish fix flag flip follow format forward freeze grant group gzip "
            "handle hide identify increase inspect install invite invoke join judge keep kill "
            "launch link load locate lock look manage map mark measure mention modify monitor "
            "mount mute navigate notify order organize parse pause pay perform pin place plan "
            "play predict preview process provide pull purchase push put query queue quote "
            "rate read rebase rebuild recall receive recommend record reduce refresh refund "
            "reject release reload remember remind remove render reopen reorder replace reply "
            "report request reschedule reserve reset resize resolve restart restore resume "
            "retry reverse revert review revoke rotate run save scale scan schedule score "
            "scrape search select set share shift ship shorten sign simulate skip solve sort "
            "speak split stage star stash stop store submit subscribe suggest summarize "
            "suspend switch take tell terminate test toggle track trace train transform "
            "translate trigger trim turn type unlink unlock unpin unstage unsubscribe update "
            "upgrade use validate verify visit vote wait wake walk watch zip"
        )
    )
)
SYNONYMS: dict[str, tuple[str, ...]] = {
    verb: tuple(pieces(others, ","))
    for verb, others in {
        "show": "display,pull up,bring up,print",
        "get": "look up,find out,check,fetch",
        "list": "display,go through,write out",
        "find": "look for,search for,track down",
        "search": "find,look for,go through",
        "read": "open,print,look into",
        "view": "open,look at",
        "check": "look at,verify",
        "create": "make,set up",
        "add": "put in,include,append",
        "insert": "add,put in",
        "write": "save,put down",
        "update": "change,edit,modify",
        "edit": "change,modify,rework",
        "set": "change,adjust",
        "delete": "remove,get rid of,erase",
        "remove": "delete,get rid of,take out",
        "move": "shift,relocate",
        "copy": "duplicate",
        "rename": "give a new name to",
        "convert": "translate,change",
        "calculate": "work out,compute",
        "compute": "work out,calculate",
        "describe": "explain,summarise",
        "explain": "describe",
        "send": "deliver,pass on",
        "start": "begin,launch,kick off",
        "stop": "end,halt",
        "cancel": "call off,drop",
        "close": "shut",
        "open": "bring up",
        "run": "execute,start",
        "execute": "run",
        "book": "reserve",
        "reserve": "book",
        "schedule": "plan,set up",
        "buy": "purchase,order",
        "fetch": "get,load,retrieve",
        "download": "fetch,save",
        "check out": "switch to,go to",
        "enable": "turn on,activate",
        "disable": "turn off,deactivate",
    }.items()
}
"""What people say instead of a verb. Not where another tool of the server has that verb."""
NOUNS: dict[str, str] = {
    verb: noun
    for noun, verbs in {
        "make a {}": "commit copy backup call change purchase request reservation",
        "do a {}": "search reset restart review merge test build",
        "run a {}": "query scan check",
        "write a {}": "post comment note report",
        "place a {}": "order bid",
    }.items()
    for verb in pieces(verbs)
}
"""Verbs that are nouns too, and what one does with these: "make a commit"."""
_NAMES_FIRST = frozenset(pieces("status log tag diff branch tree order book plan rate score map"))
"""Words that, alone as a whole name, are the thing asked for: ``git_log``, ``git_status``."""


_DOUBLED = re.compile(r"[^aeiou][aeiou][bdglmnprt]$")
"""One short vowel between consonants: 'stop' → 'stopped'."""
_IRREGULAR: dict[str, str] = dict(
    pair.split(":")
    for pair in pieces(
        "begin:begun buy:bought choose:chosen cut:cut do:done find:found freeze:frozen get:got "
        "give:given hide:hidden keep:kept know:known make:made pay:paid put:put read:read "
        "rebuild:rebuilt run:run sell:sold send:sent set:set show:shown shut:shut speak:spoken "
        "split:split stick:stuck take:taken tell:told withdraw:withdrawn write:written "
        "build:built draw:drawn edit:edited visit:visited limit:limited open:opened "
        "render:rendered register:registered trigger:triggered filter:filtered order:ordered "
        "deliver:delivered cancel:cancelled transfer:transferred reset:reset"
    )
)


def done(verb: str) -> str:
    """The past participle of a verb, with its particle: 'check out' → 'checked out'."""
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


def infinitive(gerund: str) -> str | None:
    """The verb of what goes on: 'staging' → 'stage'; None if it is none that is known."""
    stem = gerund.removesuffix("ing")
    return next((verb for verb in (stem, f"{stem}e") if verb in VERBS), None)


def without_verb(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a tool's name behind the verb that it opens with."""
    return words[1:] if leading_verb(words) else words


def shared_first_word(names: Iterable[tuple[str, ...]]) -> str:
    """The word, no verb, that all of more than two tools' names begin with ("git"), or nothing."""
    firsts = [words[:1] for words in names]
    if len(firsts) < _ENOUGH or len(set(firsts)) > 1 or leading_verb((*firsts[0], "")):
        return ""
    return "".join(firsts[0])


_ENOUGH = 3
"""Tools from which a word that all names begin with is a prefix, no chance."""


def leading_verb(words: tuple[str, ...]) -> str | None:
    """The verb that a tool's name opens with, or None."""
    if not words or (len(words) == 1 and words[0] in _NAMES_FIRST):
        return None
    return PHRASAL.get(words[0], words[0]) if words[0] in VERBS or words[0] in PHRASAL else None
