"""What users say in all rows together: new texts with their calls, and none of them twice."""

import json
import random
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from profiles import Data
from tasks.domain.conversations import Split
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.book.courtesy import greeted, with_manners
from tasks.domain.writing.book.drawing import Book, by_use, family_of, may_be_filled
from tasks.domain.writing.book.filling import draw_arguments
from tasks.domain.writing.book.inner_slots import kept_words, with_inner_values, words_of
from tasks.domain.writing.book.saying import say_line
from tasks.domain.writing.phrasebook import ChatLine, SaidLine, slots
from tasks.domain.writing.phrasing.requests import Request, request
from tasks.domain.writing.phrasing.tool_context import bare
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.values.draw_options import DrawOptions

TRIES = 60
"""Calls and texts tried for one row before its tool counts as used up."""
REPEATS = 4
"""Draws for a call that was not made before, until one may be made again in other words."""
FALLBACK_SHARE = 0.12
"""The chance that a value is left unsaid whose parameter's description says what to use then."""
MOST_USES = 4
"""Texts that one line without slots gives, each with other words of courtesy around it."""

RequestAndCall = tuple[Request, ToolCall]


@dataclass
class Speech:
    """Makes requests, and remembers which were made."""

    data: Data
    book: Book
    reserved: frozenset[str]
    """The texts that the model is asked afterwards, in their bare form."""
    used: set[str] = field(init=False)
    """Those that no row may have any more: these and what was said."""
    calls: set[str] = field(default_factory=set)
    spoken_values: dict[Split, dict[str, list[dict[str, Any]]]] = field(
        default_factory=lambda: {"train": {}, "heldout": {}}
    )
    """What users said of calls that they wanted, by split and tool."""
    uses: Counter[str] = field(default_factory=Counter)
    """How often each line of the book was said."""

    def __post_init__(self) -> None:
        self.used = set(self.reserved)

    def is_new(self, text: str) -> bool:
        """Whether nobody said a text before; it counts as said from now on."""
        if bare(text) in self.used:
            return False
        self.used.add(bare(text))
        return True

    def asks_book(self, lines: Sequence[SaidLine], rng: random.Random) -> bool:
        """Whether the next text is to be one of these lines."""
        return bool(lines) and rng.random() < self.data.phrasebook_share

    def request(
        self, wording: Wording, options: DrawOptions, rng: random.Random
    ) -> RequestAndCall | None:
        """A new text with its call, from the book or from the schema; None when no more differ."""
        lines = self.book.requests(wording.tool.name, options.split)
        if self.asks_book(lines, rng) and (pair := self._of_book(wording, options, rng)):
            return pair
        return self.from_schema(wording, options, rng)

    def from_schema(
        self, wording: Wording, options: DrawOptions, rng: random.Random, missing: str = ""
    ) -> RequestAndCall | None:
        """A new text that the grammar makes, with its call: one that says every value."""
        name = wording.tool.name
        many = wording.maker.count() is None
        for attempt in range(TRIES):
            arguments = wording.maker.make(rng, options)
            fallbacks = {} if missing or options.unknown else self._unsaid(wording, arguments, rng)
            stated = {n: v for n, v in arguments.items() if n != missing and n not in fallbacks}
            arguments |= fallbacks
            key = _key(name, stated)
            if many and not missing and key in self.calls and attempt < REPEATS:
                continue
            user_request = request(wording, stated, options.split, rng)
            if bare(user_request.text) in self.used or not wording.says(user_request.text, stated):
                continue
            self.used.add(bare(user_request.text))
            self.calls.add(key)
            if not missing and options.unknown is None:
                self.spoken_values[options.split].setdefault(name, []).append(
                    wording.spoken_values(stated)
                )
            return user_request, ToolCall(name=name, arguments=arguments)
        return None

    def _unsaid(
        self, wording: Wording, arguments: dict[str, Any], rng: random.Random
    ) -> dict[str, str]:
        """At times, one parameter that the user leaves out, with the value that is then used."""
        stated = {name: wording.maker.stated_fallback(name) for name in arguments}
        fallbacks = {
            n: v for n, v in stated.items() if v is not None and v not in arguments.values()
        }
        share = FALLBACK_SHARE * self.data.paraphrase_share
        if not fallbacks or rng.random() >= share * len(fallbacks):
            return {}
        name = rng.choice(sorted(fallbacks))
        usable = not wording.maker.fault({**arguments, name: fallbacks[name]})
        return {name: fallbacks[name]} if usable else {}

    def _of_book(
        self, wording: Wording, options: DrawOptions, rng: random.Random
    ) -> RequestAndCall | None:
        name = wording.tool.name
        lines = [
            line for line in self.book.requests(name, options.split) if may_be_filled(line, options)
        ]
        for attempt, line in enumerate(by_use(lines, self.uses, options, rng)):
            plain = with_inner_values(line, self.book.drawing(options.split, rng))
            if plain is None:
                continue
            slot_names = slots(plain.text)
            arguments = draw_arguments(wording.maker, slot_names, plain.fixed, rng, options)
            if arguments is None:
                continue
            key = _key(name, arguments)
            if slots(line.text) and key in self.calls and attempt < REPEATS:
                continue
            sentence = say_line(plain, arguments, wording, rng)
            if sentence is None:
                continue
            exact_words = kept_words(sentence.text, arguments)
            if not (text := self.new_text(line, sentence.text, rng, exact_words)):
                continue
            self.calls.add(key)
            if options.unknown is None:
                self.spoken_values[options.split].setdefault(name, []).append(sentence.values)
            user_request = Request(text, family_of(line), tuple(line.fixed))
            return user_request, ToolCall(name=name, arguments=arguments)
        return None

    def is_used_up(self, line: SaidLine) -> bool:
        """Whether a line without slots was said as often as it may be."""
        return self.uses[line.text] >= MOST_USES and not slots(line.text)

    def new_text(
        self, line: SaidLine, text: str, rng: random.Random, exact_words: Set[str] = frozenset()
    ) -> str:
        """A line's text, in words of courtesy where it was said before; empty when it is used up.

        A line with slots may be said without end: its values are others each time. The
        ``exact_words`` stay as they are spelled.
        """
        if self.is_used_up(line):
            return ""
        again = greeted if isinstance(line, ChatLine) else with_manners
        if bare(text) in self.reserved:
            return ""  # with a word of courtesy it would be that text all the same
        for candidate in (text, again(text, rng)):
            if exact_words <= words_of(candidate) and self.is_new(candidate):
                self.uses[line.text] += 1
                return candidate
        return ""


def _key(name: str, arguments: dict[str, Any]) -> str:
    return json.dumps([name, arguments], ensure_ascii=False)
