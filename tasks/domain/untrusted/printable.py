"""Text of strangers on a terminal: it can neither move the cursor nor pretend to be our words."""

import unicodedata

from profiles.section import beginning

_ALLOWED = "\n\t\u200c\u200d"
"""Line ends, and the joiners that scripts and emoji need."""
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's categories of control and format characters, half surrogates and separators of lines:
escape sequences, and the marks that turn the direction of writing."""

_MOST_SHOWN = 300
"""Characters of an excerpt."""


def printable(text: str) -> str:
    """The text with its control characters written out, as in ``\\x1b[31m``; line ends stay."""
    return "".join(sign if sign in _ALLOWED else _escaped(sign) for sign in text)


def on_one_line(text: str) -> str:
    """As ``printable``, its line ends written out too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def whole_characters(text: str) -> str:
    """The text with a question mark for each half of a character: UTF-8 has no place for one."""
    return text.encode("utf-8", "replace").decode("utf-8")


def excerpt(text: str) -> str:
    """The text's beginning as a person reads it: on one line, without its indentation."""
    return beginning(on_one_line(" ".join(text.split())), _MOST_SHOWN)


def _escaped(sign: str) -> str:
    if unicodedata.category(sign) not in _HIDDEN:
        return sign
    return sign.encode("unicode_escape").decode("ascii")
