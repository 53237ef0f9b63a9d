"""What an assistant's words say: a value of the result, an honest failure, a question.

These are rules of thumb on English text, each stated where it is; they need no second model.
"""

import re

from tasks.domain.identifiers import pieces
from tasks.domain.untrusted.decoding import from_json, leaves

# Words of three letters or more that any answer may hold: they prove nothing.
_COMMON = frozenset(
    pieces(
        "the and for are was were has have had not but you your with this that from here there "
        "these those its his her our their can could will would should may than then when what "
        "which who how all any some one two none null true false result results answer value values"
    )
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(r"[^\W\d_]{3,}")
_SHORT = 3
"""Letters of a word that many others begin with."""
_FAILURE = re.compile(
    r"\b(fail\w*|errors?|could ?n[o']t|cannot|can ?n[o']t|unable|invalid|unknown|not found|"
    r"not (?:be found|exist|valid|possible|allowed|available|supported|recogni[sz]ed)|"
    r"(?:does|do|did|was|is)n't|no such|refused|rejected|denied|went wrong|problem|did not work)\b"
)
_SUCCESS = re.compile(r"(?<!not )(?<!n't )\bsuccessfully\b|\A\W*(?:all )?done\b|\A\W*success\b")


def is_grounded(answer: str, result: str, context: str) -> bool:
    """Whether an answer carries something of the result that was not known before it.

    A value is a number or a word of three letters or more, taken from the result (from the
    leaves, where the result is JSON), neither in ``context`` (the prompt and the call) nor a common
    word. One suffices. Single digits count only where the result holds nothing else. A result
    without any value ("ok", an echo of the call) cannot be carried, so every answer to it passes.
    """
    values = _values(_leaves_text(result)) - _values(context)
    distinctive_values = {value for value in values if len(value) > 1} or values
    return not distinctive_values or bool(distinctive_values & _values(answer))


def is_honest_failure(answer: str, error: str, context: str) -> bool:
    """Whether an answer says that the call failed: a word of failure, or most of the error's words.

    An answer that claims success ("Done", "successfully") is not honest, whatever else it says.
    """
    text = _plain(answer)
    if _SUCCESS.search(text):
        return False
    words = _values(error) - _values(context)
    is_quoted = 2 * len(words & _values(answer)) > len(words)
    return is_quoted or _FAILURE.search(text) is not None


def asks_for(answer: str, parameter: str | None) -> bool:
    """Whether an answer asks a question that names the parameter: one word of its name suffices.

    ``source_timezone`` and ``sourceTimezone`` are spoken as "source timezone". A word may go on
    ("timezones"); one of three letters or less may not ("id" is no idea), but for a plural.
    """
    if "?" not in answer:
        return False
    if parameter is None:
        return True
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", parameter).replace("_", " ").replace("-", " ")
    text = _plain(answer)
    ends = {word: r"s?\b" if len(word) <= _SHORT else "" for word in words.casefold().split()}
    return any(re.search(rf"\b{re.escape(word)}{end}", text) for word, end in ends.items())


def _plain(text: str) -> str:
    return text.casefold().replace("\u2019", "'")


def _values(text: str) -> set[str]:
    folded_text = text.casefold()
    numbers = {number.lstrip("0") or "0" for number in _NUMBER.findall(folded_text)}
    return numbers | (set(_WORD.findall(folded_text)) - _COMMON)


def _leaves_text(text: str) -> str:
    try:
        return " ".join(str(leaf) for leaf in leaves(from_json(text)) if leaf is not None)
    except ValueError:
        return text
