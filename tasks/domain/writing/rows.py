"""A toolset, a server's facts and a profile's numbers → the rows to train on and to hold out."""

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from profiles import Data, Server
from tasks.domain.conversations import SYSTEM_PROMPT, Message, MessageCall, Row, Scenario, Split
from tasks.domain.products import ToolResult, Toolset
from tasks.domain.results import failed, shown
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import functions
from tasks.domain.writing.harvest import Execute, Link, Offers, harvest
from tasks.domain.writing.list_augmentation import augment_lists
from tasks.domain.writing.multiple_calls import several
from tasks.domain.writing.phrasing.answers import answer, ask, report
from tasks.domain.writing.phrasing.hard_negatives import hard_negative, unsupported_request
from tasks.domain.writing.phrasing.off_topic import off_topic_request
from tasks.domain.writing.phrasing.requests import Request, request
from tasks.domain.writing.phrasing.small_talk import talk
from tasks.domain.writing.phrasing.tool_context import Exchange, ToolContext, bare
from tasks.domain.writing.phrasing.wording import Wording, wordings
from tasks.domain.writing.scenarios import Quota, askable, plan
from tasks.domain.writing.simulation import simulate, simulate_error
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker

TRIES = 60
"""Calls and texts tried for one row before its tool counts as used up."""
REFUSALS = 12
"""Errors to plausible values, with no answer before, until a tool's results are made up."""
FREE_SHARE = 0.6
"""Of the rows that end with the call: those whose values need not exist, so that they are copied
from the text and not known by heart."""
REPEATS = 4
"""Draws for a call that was not made before, until one may be made again in other words."""
OPTIONAL_SHARE = 0.3
"""The chance that a usual call gives an optional parameter."""
FALLBACK_SHARE = 0.12
"""The chance that a value is left unsaid whose parameter's description says what to use then."""


@dataclass(frozen=True)
class WrittenRows:
    """The rows of both splits, and what a person should know of how they came to be."""

    train: tuple[Row, ...]
    heldout: tuple[Row, ...]
    notes: tuple[str, ...]
    planned: dict[str, float]
    """The share of each scenario in the training rows that this server can have."""


def write_rows(
    toolset: Toolset,
    server: Server,
    data: Data,
    execute: Execute,
    offers: Offers = tuple,
) -> WrittenRows:
    """Exactly the rows that a profile asks for.

    Args:
        toolset: the tools to write rows for.
        server: what its operator knows of its values, and the prompts that no row may be.
        data: how many rows of what kind.
        execute: runs a call, or makes its answer up.
        offers: gives the server's resources and prompts, which may name values too.

    Raises:
        UnusableTool: a tool's schema allows no value that could be found.
    """
    names = frozenset(tool.name for tool in toolset.tools)
    makers = [ArgumentMaker(tool, server, names=names) for tool in toolset.tools]
    grown = harvest(makers, execute, offers)
    makers = [replace(maker, found=grown.of(maker.tool.name)) for maker in makers]
    planned = plan(makers, data)
    writer = _Writer(
        toolset=toolset,
        data=data,
        execute=execute,
        words={
            wording.tool.name: wording
            for wording in wordings(toolset, makers, data.paraphrase_share)
        },
        functions=functions(toolset),
        context=ToolContext.of(toolset),
        links=grown.links,
        used={bare(prompt.prompt) for prompt in server.test_prompts},
    )
    train = augment_lists(
        writer.split("train", planned.train), data.list_augmentation_share, data.seed
    )
    heldout = writer.split("heldout", planned.heldout)
    notes = (*planned.notes, *grown.notes, *writer.notes)
    return WrittenRows(train, heldout, notes, _shares(planned.train))


def _shares(quotas: Sequence[Quota]) -> dict[str, float]:
    total = sum(quota.rows for quota in quotas)
    counts: Counter[str] = Counter()
    for quota in quotas:
        counts[quota.scenario] += quota.rows
    return {scenario: rows / total for scenario, rows in counts.items()}


@dataclass
class _Writer:
    """Writes rows one by one and remembers what was said, so that nothing is said twice."""

    toolset: Toolset
    data: Data
    execute: Execute
    words: dict[str, Wording]
    functions: tuple[dict[str, Any], ...]
    context: ToolContext
    links: Sequence[Link]
    used: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    told: dict[Split, dict[str, list[dict[str, Any]]]] = field(
        default_factory=lambda: {"train": {}, "heldout": {}}
    )
    """What users said of calls that they wanted, by split and tool."""
    accepted: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    failures: dict[tuple[str, Split], list[tuple[Request, ToolCall, ToolResult]]] = field(
        default_factory=dict
    )
    notes: list[str] = field(default_factory=list)

    def split(self, split: Split, quotas: Sequence[Quota]) -> tuple[Row, ...]:
        """All rows of one split; where a tool's texts run out, other tools take its rows over."""
        rows: list[Row] = []
        for scenario in dict.fromkeys(quota.scenario for quota in quotas):
            wanted = [quota for quota in quotas if quota.scenario == scenario]
            rows += self._scenario(scenario, wanted, split)
        random.Random(f"{self.data.seed}:{split}:order").shuffle(rows)
        return tuple(rows)

    def _scenario(self, scenario: Scenario, quotas: Sequence[Quota], split: Split) -> list[Row]:
        made = {quota.tool: self._filled(quota, split) for quota in quotas}
        rows = [row for part in made.values() for row in part]
        asked = sum(quota.rows for quota in quotas)
        full = [quota.tool for quota in quotas if len(made[quota.tool]) == quota.rows]
        rows += self._spread(scenario, full, asked - len(rows), split)
        if len(rows) < asked:
            self.notes.append(f"{split}: {len(rows)} of {asked} {scenario} rows: no more differ")
        # A held-out question or small talk is no call, so a call must not take its place there.
        if split == "train" or scenario not in ("ambiguous", "no_tool"):
            open_ended = [n for n, words in self.words.items() if words.maker.count() is None]
            rows += self._spread("standard", open_ended, asked - len(rows), split)
        if split == "train":
            rows += self._spread("no_tool", [None], asked - len(rows), split)
        return rows

    def _spread(
        self, scenario: Scenario, tools: Sequence[str | None], missing: int, split: Split
    ) -> list[Row]:
        rows: list[Row] = []
        for place, tool in enumerate(tools):
            share = math.ceil((missing - len(rows)) / (len(tools) - place))
            rows += self._filled(Quota(scenario, tool, share), split, f"instead {missing}")
        return rows

    def _filled(self, quota: Quota, split: Split, turn: str = "") -> list[Row]:
        seed = f"{self.data.seed}:{split}:{quota.scenario}:{quota.tool}:{turn}"
        rng = random.Random(seed)
        rows: list[Row] = []
        while len(rows) < quota.rows:
            row = self._row(quota, split, rng)
            if row is None:
                break
            rows.append(row)
        return rows

    def _row(self, quota: Quota, split: Split, rng: random.Random) -> Row | None:
        if quota.tool is None:
            return self._talk(split, rng)
        wording = self.words[quota.tool]
        if quota.scenario == "standard" and rng.random() < self.data.multiple_calls_share:
            row = self._several(split, rng)
            if row is not None:
                return row
        if quota.scenario == "ambiguous":
            return self._ambiguous(wording, split, rng)
        if quota.scenario == "error":
            return self._error(wording, split, rng)
        return self._call(wording, quota.scenario, split, rng)

    def _talk(self, split: Split, rng: random.Random) -> Row | None:
        if rng.random() < self.data.hard_negative_share and (row := self._near_miss(split, rng)):
            return row
        said = talk(self.context, split, self.used, rng)
        if said is None:
            return None
        return self._spoken(Request(said.text, said.family), said.answer, split)

    def _near_miss(self, split: Split, rng: random.Random) -> Row | None:
        choices = [words for words in self.words.values() if words.maker.spoken_for]
        kinds: dict[str, Callable[[], Exchange | None]] = {
            "hard-negative": lambda: hard_negative(choices, self.told[split], split, rng),
            "unsupported": lambda: unsupported_request(choices, self.context, split, rng),
            "off-topic": lambda: off_topic_request(self.context, split, rng),
        }
        kind = rng.choice(tuple(kinds))
        found = kinds[kind]()
        if found is None or bare(found[0]) in self.used:
            return None
        text, said = found
        return self._spoken(Request(text, f"{kind}-{split}"), said, split)

    def _spoken(self, asked: Request, said: str, split: Split) -> Row:
        self.used.add(bare(asked.text))
        turns = (Message(role="assistant", content=said),)
        return self._conversation("no_tool", split, asked, turns)

    def _call(
        self, wording: Wording, scenario: Scenario, split: Split, rng: random.Random
    ) -> Row | None:
        for _ in range(TRIES):
            unusual = scenario == "edge" and rng.random() < 0.5
            optional = 1.0 if scenario == "edge" and not unusual else OPTIONAL_SHARE
            if split == "train" and rng.random() >= self.data.answered_share:
                free = rng.random() < FREE_SHARE
                return self._ending(
                    wording, scenario, DrawOptions(split, optional, unusual, free=free), rng
                )
            found = self._said_of_server(
                wording, DrawOptions(split, optional, unusual, real=True), rng
            )
            if found is None:
                return None
            asked, call = found
            result = self.answered(wording, call, rng)
            if failed(result):
                stock = self.failures.setdefault((call.name, split), [])
                stock.append((asked, call, result))
                continue
            return self._called(wording, scenario, split, (asked, call, result), rng)
        return None

    def _ending(
        self, wording: Wording, scenario: Scenario, options: DrawOptions, rng: random.Random
    ) -> Row | None:
        """A row that ends with its call: nobody hears the answer, so it is not asked for."""
        found = self.said(wording, options, rng)
        if found is None:
            return None
        asked, call = found
        turns = (Message(role="assistant", tool_calls=(MessageCall.of(call),)),)
        row = self._conversation(scenario, options.split, asked, turns)
        return row.model_copy(update={"tool": call.name})

    def _said_of_server(
        self, wording: Wording, options: DrawOptions, rng: random.Random
    ) -> tuple[Request, ToolCall] | None:
        """A request with values of the server; with others once those are used up."""
        found = self.said(wording, options, rng)
        if found is None and wording.maker.found:
            return self.said(wording, replace(options, real=False), rng)
        return found

    def said(
        self, wording: Wording, options: DrawOptions, rng: random.Random, missing: str = ""
    ) -> tuple[Request, ToolCall] | None:
        """A new text with its call: one that says every value and was not said before."""
        name = wording.tool.name
        many = wording.maker.count() is None
        for attempt in range(TRIES):
            arguments = wording.maker.make(rng, options)
            fallbacks = {} if missing or options.unknown else self._unsaid(wording, arguments, rng)
            shown = {n: v for n, v in arguments.items() if n != missing and n not in fallbacks}
            arguments |= fallbacks
            key = json.dumps([name, shown], ensure_ascii=False)
            if many and not missing and key in self.calls and attempt < REPEATS:
                continue
            asked = request(wording, shown, options.split, rng)
            if bare(asked.text) in self.used or not wording.says(asked.text, shown):
                continue
            self.used.add(bare(asked.text))
            self.calls.add(key)
            if not missing and options.unknown is None:
                self.told[options.split].setdefault(name, []).append(wording.told(shown))
            return asked, ToolCall(name=name, arguments=arguments)
        return None

    def _unsaid(
        self, wording: Wording, arguments: dict[str, Any], rng: random.Random
    ) -> dict[str, str]:
        """At times, one parameter that the user leaves out, with the value that is then used."""
        stated = {name: wording.maker.stated_fallback(name) for name in arguments}
        known = {n: v for n, v in stated.items() if v is not None and v not in arguments.values()}
        share = FALLBACK_SHARE * self.data.paraphrase_share
        if not known or rng.random() >= share * len(known):
            return {}
        name = rng.choice(sorted(known))
        usable = not wording.maker.fault({**arguments, name: known[name]})
        return {name: known[name]} if usable else {}

    def answered(self, wording: Wording, call: ToolCall, rng: random.Random) -> ToolResult:
        """The server's answer, or a made-up one once a tool has refused everything."""
        name = call.name
        if not self.accepted.get(name) and self.refused.get(name, 0) >= REFUSALS:
            return simulate(wording.tool, call, rng.randrange(2**32))
        result = self.execute(call)
        counts = self.refused if failed(result) else self.accepted
        counts[name] = counts.get(name, 0) + 1
        if self.refused.get(name) == REFUSALS and not self.accepted.get(name):
            self.notes.append(
                f"{name}: {REFUSALS} plausible calls got only errors, the last "
                f"{result.text[:120]!r}; its results are simulated. Give the server values in its "
                "profile"
            )
        return result

    def _error(self, wording: Wording, split: Split, rng: random.Random) -> Row | None:
        stock = self.failures.get((wording.tool.name, split))
        if stock:
            return self._called(wording, "error", split, stock.pop(0), rng)
        maker = wording.maker
        names = [n for n in maker.spoken_for if maker.can_be_unknown(n)]
        options = DrawOptions(
            split, OPTIONAL_SHARE / 3, unknown=rng.choice(names) if names else None
        )
        found = self.said(wording, options, rng) or self.said(wording, DrawOptions(split, 0.5), rng)
        if found is None:
            return None
        asked, call = found
        result = self.execute(call) if wording.tool.read_only and options.unknown else None
        if result is None or not failed(result):
            result = simulate_error(wording.tool, call, rng.randrange(2**32))
        return self._called(wording, "error", split, (asked, call, result), rng)

    def _ambiguous(self, wording: Wording, split: Split, rng: random.Random) -> Row | None:
        makers = [words.maker for words in self.words.values()]
        missing = rng.choice(askable(wording.maker, makers))
        found = self.said(wording, DrawOptions(split, OPTIONAL_SHARE, free=True), rng, missing)
        if found is None:
            return None
        turns = (Message(role="assistant", content=ask(wording, missing, rng)),)
        row = self._conversation("ambiguous", split, found[0], turns)
        return row.model_copy(update={"missing": missing})

    def _several(self, split: Split, rng: random.Random) -> Row | None:
        found = several(self, split, self.data.max_result_chars, rng)
        if found is None:
            return None
        row = self._conversation("standard", split, found.asked, found.turns)
        return row.model_copy(update={"tool": found.tool, "simulated": found.simulated})

    def is_new(self, text: str) -> bool:
        """Whether nobody said a text before; it counts as said from now on."""
        if bare(text) in self.used:
            return False
        self.used.add(bare(text))
        return True

    def _called(
        self,
        wording: Wording,
        scenario: Scenario,
        split: Split,
        turn: tuple[Request, ToolCall, ToolResult],
        rng: random.Random,
    ) -> Row:
        asked, call, result = turn
        told = shown(result, self.data.max_result_chars)
        capped = result.model_copy(update={"text": told})
        last = (
            report(wording, capped, rng)
            if scenario == "error"
            else answer(wording, call.arguments, told, rng)
        )
        turns: tuple[Message, ...] = (
            Message(role="assistant", tool_calls=(MessageCall.of(call),)),
            Message(role="tool", content=told),
            Message(role="assistant", content=last),
        )
        row = self._conversation(scenario, split, asked, turns)
        return row.model_copy(update={"tool": call.name, "simulated": result.simulated})

    def _conversation(
        self, scenario: Scenario, split: Split, asked: Request, turns: tuple[Message, ...]
    ) -> Row:
        start = (
            Message(role="system", content=SYSTEM_PROMPT),
            Message(role="user", content=asked.text),
        )
        return Row(
            scenario=scenario,
            split=split,
            phrasing=asked.family,
            messages=(*start, *turns),
            tools=self.functions,
        )
