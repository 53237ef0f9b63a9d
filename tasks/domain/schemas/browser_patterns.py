"""Patterns as browsers and Python take them → as JSON Schema does: ECMA 262 in Unicode mode.

Without it ``[\\w-.]`` has a hyphen and ``{`` may stand for itself; in it both are faults. Many
schemas are made from regular expressions of JavaScript that have no ``u``.
"""

import re

_PARTS = re.compile(
    r"""\\[pPu]\{[^{}]*\}|\\.|(?P<set>\[(?:\\.|[^\]\\])*\]?)|\{\d+(?:,\d*)?\}|(?P<brace>[{}])""",
    re.DOTALL,
)
_HYPHEN = re.compile(r"(\\[wdsWDS])-(?!\])")
_SAME = {r"\Z": "$", "[^]": r"[\s\S]"}


def in_unicode_mode(pattern: str) -> str:
    """A pattern that matches the same, with what only stands for itself escaped."""
    return _PARTS.sub(_escaped, pattern)


def _escaped(part: re.Match[str]) -> str:
    if part["set"]:
        return _SAME.get(part[0], _HYPHEN.sub(r"\1\\-", part[0]))
    return f"\\{part[0]}" if part["brace"] else _SAME.get(part[0], part[0])
