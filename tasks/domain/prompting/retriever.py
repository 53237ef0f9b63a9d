"""Which tools of a long list a request is about: BM25 over their names, texts and requests.

Lexical, offline and deterministic: the same request gets the same tools in training, evaluation and
serving. Robertson's BM25 as Lucene computes it (bm25s), with its usual k1 and b.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import bm25s
import numpy as np
from bm25s.stopwords import STOPWORDS_EN

from tasks.domain.conversations import Message, Row
from tasks.domain.identifiers import OTHER_NOUNS, name_words, singular, spoken
from tasks.domain.products import ToolDocuments
from tasks.domain.schemas.function_spec import FunctionSpec

K1, B = 1.5, 0.75
_WORD = re.compile(r"\w+")
_NAME_WEIGHT = 3
"""How often a tool's name stands in its document: it says more than a word of the description."""
MOST_REQUESTS = 60
"""Requests of training rows in a tool's document. Recall at 8 on 474 hand-written test prompts of
eight servers: 92.2 % without, 98.3 % with 20, 99.2 % with 60 (``python -m benchmarks.recall``)."""
_ENDINGS = ("ing", "ed")
_LEAST_STEM = 3


def documents_of(
    tools: Sequence[dict[str, Any]], lines: Mapping[str, Sequence[str]] | None = None
) -> ToolDocuments:
    """What is searched of tools in the OpenAI form.

    Args:
        tools: the whole list.
        lines: requests that people type, by the tool that does them.
    """
    requests = lines or {}
    return ToolDocuments(
        documents={
            spec.name: _document(spec, requests.get(spec.name, ()))
            for spec in map(FunctionSpec.of, tools)
        }
    )


def _document(spec: FunctionSpec, lines: Sequence[str]) -> str:
    texts = (
        *[" ".join(name_words(spec.name))] * _NAME_WEIGHT,
        spec.description,
        *(" ".join(name_words(name)) for name in spec.parameters.get("properties") or ()),
        *lines,
    )
    return "\n".join(filter(None, texts))


def requests_by_tool(rows: Iterable[Row], most: int = MOST_REQUESTS) -> dict[str, list[str]]:
    """What users say in rows to train on, by the tool that is called first; ``most`` of each."""
    requests: dict[str, list[str]] = {}
    for row in rows:
        for call in row.calls[:1]:
            texts = requests.setdefault(call.name, [])
            if len(texts) < most:
                texts.append(row.user_text)
    return requests


class Retriever:
    """Chooses the tools that a request is most likely about."""

    def __init__(self, documents: ToolDocuments, selected: int) -> None:
        """Make the index; ``selected``: how many tools are chosen for a request."""
        self._names = list(documents.documents)
        self._selected = selected
        self._index = bm25s.BM25(k1=K1, b=B, method="lucene")
        corpus = [terms(text) or [""] for text in documents.documents.values()]
        self._index.index(corpus, show_progress=False)

    def ranked(self, request: str) -> list[str]:
        """All tools, the likeliest first; equal ones in the order of the list."""
        words = terms(request)
        indexed = [word for word in words if word in self._index.vocab_dict]
        if not indexed:
            return list(self._names)
        scores = self._index.get_scores(indexed)
        return [self._names[place] for place in np.argsort(-scores, kind="stable")]

    def choose(self, request: str) -> tuple[str, ...]:
        """The names of the tools to list for a request, the likeliest first."""
        return tuple(self.ranked(request)[: self._selected])


def request_of(messages: Sequence[Message]) -> str:
    """What a conversation asks for: all that the user says in it."""
    return "\n".join(message.content for message in messages if message.role == "user")


def terms(text: str) -> list[str]:
    """The words of a text as they are compared: identifiers split, abbreviations written out,
    nouns of one meaning as one, plural and endings cut."""
    words = (word for piece in _WORD.findall(text) for word in name_words(piece))
    stems = (_stem(word) for word in words if word not in STOPWORDS_EN)
    return [stem for stem in stems if stem]


_SAME_NOUN = {
    noun: others[0] for first, others in reversed(OTHER_NOUNS.items()) for noun in (first, *others)
}
"""What nouns of one meaning are compared as; a noun of several meanings as in the first."""


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    word = singular(spoken(word).lower())
    word = _SAME_NOUN.get(word, word)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + _LEAST_STEM:
            word = word.removesuffix(ending)
            return word[:-1] if word[-1] == word[-2] else word
    return word.removesuffix("e") if len(word) > _LEAST_STEM else word
