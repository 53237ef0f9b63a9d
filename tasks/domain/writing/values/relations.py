"""What the descriptions of a tool's parameters say of several of them together.

A schema seldom says that ``stage_name`` goes with the action "update", or that one of two names is
wanted; descriptions do: "Required for: update", "Provide either uid or name".
"""

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_SENTENCE = re.compile(r"(?<!\be\.g)(?<!\bi\.e)[.;]\s+|\n")
_GOES_WITH = re.compile(
    r"(?<!not )(?<!n't )\b(?P<how>required|needed|mandatory|used|only|applies|applicable|valid)\b"
    r"[^.;]{0,20}?\b(?:for|when|with|if|by)\b(?P<whom>[^.;]*)",
    re.IGNORECASE,
)
_NEEDING = frozenset(("required", "needed", "mandatory"))
_EXCLUDING = re.compile(
    r"\b(only (?:use |give |provide |specify |set )?one of|mutually exclusive|not both"
    r"|(?:can ?not|can't|must not) be (?:used|combined|given)|instead of|exactly one of)\b",
    re.IGNORECASE,
)
_WANTING = re.compile(r"\b(either|exactly one of|at least one of|one of)\b", re.IGNORECASE)
_MUST = re.compile(r"\b(required|must|provide[ds]?|needed)\b", re.IGNORECASE)
_RIVALS = tuple(
    map(
        frozenset,
        (("head", "tail"), ("first", "last"), ("include", "exclude"), ("before", "after")),
    )
)
"""Parameters that servers refuse together whether or not they say so."""


@dataclass(frozen=True)
class Condition:
    """A parameter that goes with some values of another one."""

    parameter: str
    chooser: str
    """The parameter with an enumeration whose values decide."""
    values: frozenset[str]
    is_needed: bool
    """Whether a call with one of the values must have it; else it only may."""


@dataclass(frozen=True)
class Relations:
    """How optional parameters of a tool hang together."""

    conditions: tuple[Condition, ...] = ()
    rivals: tuple[frozenset[str], ...] = ()
    """Of each set a call has one at most."""
    alternatives: tuple[frozenset[str], ...] = ()
    """Of each set a call has one at least."""

    @cached_property
    def choosers(self) -> frozenset[str]:
        """The parameters whose values decide which others a call has."""
        return frozenset(condition.chooser for condition in self.conditions)

    def settled(
        self,
        names: Sequence[str],
        values: Mapping[str, Any],
        stated: Collection[str],
        rng: random.Random,
    ) -> list[str]:
        """The names of a call's parameters: with what is needed beside them, without rivals.

        Args:
            names: those drawn.
            values: of the choosers, as far as the call has them.
            stated: names that are kept in any case.
            rng: draws among those of which one is enough.
        """
        needs, forbidden = self._going_with(values)
        result = dict.fromkeys(
            n for n in (*names, *sorted(needs)) if n not in forbidden - {*stated}
        )
        for group in self.alternatives:
            if not group & result.keys():
                result[rng.choice(sorted(group))] = None
        for group in self.rivals:
            present = [name for name in result if name in group]
            staying = [name for name in present if name in stated] or present[:1]
            for name in set(present) - {*staying}:
                del result[name]
        return list(result)

    def _going_with(self, values: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
        """(parameters that a call must have, those that it may not have)."""
        needs: set[str] = set()
        options: set[str] = set()
        conditional: set[str] = set()
        for condition in self.conditions:
            conditional.add(condition.parameter)
            if values.get(condition.chooser) in condition.values:
                options.add(condition.parameter)
                needs |= {condition.parameter} if condition.is_needed else set()
        return frozenset(needs), frozenset(conditional - options)


def relations_of(
    schemas: Mapping[str, Mapping[str, Any]], required: Collection[str], description: str
) -> Relations:
    """Read the descriptions of a tool and its parameters.

    Args:
        schemas: of the parameters, references followed.
        required: the names of those that every call has.
        description: the tool's.
    """
    optional = frozenset(schemas) - frozenset(required)
    texts = {name: str(part.get("description") or "") for name, part in schemas.items()}
    sentences = [("", s) for s in _SENTENCE.split(description)]
    sentences += [(name, s) for name, text in texts.items() for s in _SENTENCE.split(text)]
    rivals = {pair for pair in _RIVALS if pair <= optional}
    alternatives: set[frozenset[str]] = set()
    for own, sentence in sentences:
        named = _named(sentence, optional) | (optional & {own})
        if len(named) < 2:
            continue
        if _EXCLUDING.search(sentence):
            rivals.add(named)
        if _WANTING.search(sentence) and (not own or _MUST.search(sentence)):
            alternatives.add(named)
    return Relations(
        conditions=tuple(_conditions(schemas, texts, optional)),
        rivals=tuple(sorted(rivals, key=sorted)),
        alternatives=tuple(sorted(alternatives, key=sorted)),
    )


_WORD = re.compile(r"\w+(?:[.-]\w+)*")


def _named(sentence: str, names: frozenset[str]) -> frozenset[str]:
    return names.intersection(_WORD.findall(sentence))


def _conditions(
    schemas: Mapping[str, Mapping[str, Any]], texts: Mapping[str, str], optional: Collection[str]
) -> list[Condition]:
    choosers = {
        name: frozenset(value for value in part["enum"] if isinstance(value, str))
        for name, part in schemas.items()
        if name not in optional and isinstance(part.get("enum"), list)
    }
    conditions = []
    for name in sorted(optional):
        for match in _GOES_WITH.finditer(texts[name]):
            for chooser, values in choosers.items():
                own_values = _named(match["whom"], values)
                if own_values and len(own_values) < len(values):
                    is_needed = match["how"].lower() in _NEEDING
                    conditions.append(Condition(name, chooser, own_values, is_needed))
    return conditions
