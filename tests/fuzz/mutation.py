"""Changes to what is right: to a value's parts, to a text's characters, to a file's bytes."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

ODD_TEXTS = (
    *(
        "",
        " ",
        "\n",
        "\t",
        "\0",
        "a b",
        "a.b",
        "a/b",
        "a~1b",
        "%25",
        "0",
        "-",
        "_",
        "{x}",
        "{{",
        "}",
    ),
    *("naïve", "名前", "Ünïcode", "имя", "🙂", "İ", "ß", "\u202e", "\u200b", "e\u0301", "\x1b[31m"),
    *("__proto__", "$ref", "$defs", "type", "properties", "name", "null", "None", "NaN", "true"),
    *(
        "<|im_end|>",
        "<|endoftext|>",
        "<tool_call>",
        "</tool_call>",
        "<think>",
        "</think>",
        "[INST]",
    ),
    *("'", '"', "''", "`", "\\", "$", "${HOME}", "%s", "{0}", "../x", "/", "#", "|", "*" * 40),
    *("a" * 300, "x" * 30_000, "1" * 400, "9007199254740993", "1e400", "-0.0", "0x10"),
)
DEEP = ("[" * 20_000, "{" * 20_000, '{"a":' * 9_000)
NUMBERS = st.one_of(
    st.integers(-5, 60),
    st.floats(),
    st.sampled_from([10**400, 10**4200 // 7, -(10**18), 5e-324, 1e-5, 1e308, 2**53, 2**63, -0.0]),
)
TEXTS = st.text(max_size=6) | st.sampled_from((*ODD_TEXTS, "\ud800"))


def values(keys: st.SearchStrategy[str] = TEXTS) -> st.SearchStrategy[Any]:
    """Any JSON value, and some that JSON only nearly has."""
    return st.recursive(
        st.none() | st.booleans() | NUMBERS | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=5,
    )


VALUES = values()


def places(value: Any) -> list[tuple[Any, Any]]:
    """(holder, key or index) of each part of a value."""
    if not isinstance(value, dict | list):
        return []
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [(value, key) for key, _ in pairs] + [each for _, part in pairs for each in places(part)]


def one_of(draw: st.DrawFn, options: Sequence[Any]) -> Any:
    """One of the options, by its number: Hypothesis would look at all of large values."""
    return options[draw(st.integers(0, len(options) - 1))]


CHANGES = (*["alike"] * 6, "replace", "replace", "remove", "add", "swap", "wrap")
"""Most of what is replaced by another kind of value is refused at once."""


@st.composite
def altered(
    draw: st.DrawFn,
    originals: st.SearchStrategy[Any],
    keys: st.SearchStrategy[str] = TEXTS,
    texts: st.SearchStrategy[str] = TEXTS,
) -> Any:
    """A value with one to three parts replaced, taken out, added, swapped or doubled.

    ``keys`` are added; ``texts`` stand where other texts stood.
    """
    value = json.loads(json.dumps(draw(originals)))
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        holder, key = one_of(draw, places(value) or [({"": 0}, "")])
        change = draw(st.sampled_from(CHANGES))
        if change == "add" and isinstance(holder, dict):
            holder[draw(keys)] = draw(VALUES)
        elif change == "remove":
            del holder[key]
        elif change == "swap":
            other, place = one_of(draw, places(value) or [({"": 0}, "")])
            # By way of JSON: a part that holds itself could not be written.
            holder[key] = json.loads(json.dumps(other[place]))
        elif change == "wrap":
            holder[key] = draw(st.sampled_from([[holder[key]], {"a": holder[key]}]))
        elif change == "alike" and isinstance(holder[key], str):
            holder[key] = draw(texts)
        else:
            holder[key] = draw(VALUES)
    return value


@st.composite
def scrambled(draw: st.DrawFn, originals: st.SearchStrategy[str], words: tuple[str, ...]) -> str:
    """A text with pieces cut out, doubled, moved or put in."""
    text = draw(originals)
    for _ in range(draw(st.sampled_from([1, 1, 2, 3, 4]))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        piece = draw(
            st.sampled_from([*words, text[start:end] * 2, "", *ODD_TEXTS[:12], *DEEP])
            | st.text(max_size=3)
        )
        text = text[:start] + piece + text[end:]
    return text


def in_bytes(texts: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """Texts as files have them: mostly UTF-8, some in another encoding or with a mark in front."""
    kinds = st.sampled_from(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "latin-1", "cp1251"])
    return st.builds(lambda text, kind: text.encode(kind, "replace"), texts, kinds)
