"""What a tokenizer makes of the rows: too long, nothing to learn, or a loss that sees too much."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from statistics import median_low
from unicodedata import normalize

from profiles import Quality
from tasks.domain.conversations import Row
from tasks.domain.products import Finding
from tasks.domain.reports import percent
from tasks.domain.training.common_prefix import common_prefix_length


@dataclass(frozen=True)
class EncodedRow:
    """A row as tokens, and which of them the loss sees."""

    ids: list[int]
    trained: list[bool]
    misread: str = field(default="", compare=False)
    """Where the tokens do not read back as the row's text: both, from their first difference."""


@dataclass
class TokenTally:
    """Counts rows one by one; it keeps numbers, and the least and the greatest row."""

    lengths: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    first_trained: list[int] = field(default_factory=list)
    """Of each training row, the place of the first token that the loss sees; -1 for none."""
    varied: list[bool] = field(default_factory=list)
    """Of each training row, whether it has another tool list: it does not share the prefix."""
    trained: int = 0
    tokens: int = 0
    """Of the training rows."""
    texts: set[str] = field(default_factory=set)
    misread: list[str] = field(default_factory=list)
    """The rows whose tokens do not read back as their text, and where."""
    least: list[int] = field(default_factory=list)
    greatest: list[int] = field(default_factory=list)

    def add(self, row: Row, name: str, encoded: EncodedRow, is_train: bool) -> None:
        """Count a row; all training rows come before the first held-out one."""
        ids = encoded.ids
        if not row.varied and (not self.least or ids < self.least):
            self.least = ids
        if not row.varied and ids > self.greatest:
            self.greatest = ids
        self.lengths.append(len(ids))
        self.names.append(name)
        if encoded.misread:
            self.misread.append(f"{name}: {encoded.misread}")
        if is_train:
            marks = bytes(encoded.trained)  # counted and searched twenty times faster than a list
            trained_tokens = marks.count(1)
            self.first_trained.append(marks.find(1))
            self.varied.append(row.varied)
            self.trained += trained_tokens
            self.tokens += len(ids)
            # Two are enough to know that there is more than one.
            if len(self.texts) < 2:
                self.texts.add(row.user_text)

    @property
    def prefix(self) -> int:
        """Length of the prefix that all rows with the server's own list share."""
        # What the least and the greatest row share, all rows between them share.
        return common_prefix_length(self.least, self.greatest)

    @property
    def trained_share(self) -> float:
        """Share of the training rows' tokens that the loss sees."""
        return self.trained / self.tokens if self.tokens else 0.0

    @property
    def trained_share_of_own(self) -> float:
        """The same, of the tokens behind the prefix that the rows share: however long a list is,
        a step computes it once."""
        own = self.tokens - self.prefix * (len(self.varied) - sum(self.varied))
        return self.trained / own if own else 0.0

    @property
    def longest(self) -> int:
        """Tokens of the longest row."""
        return max(self.lengths)

    @property
    def train_lengths(self) -> list[int]:
        """Tokens of each training row."""
        return self.lengths[: len(self.first_trained)]

    @property
    def median(self) -> int:
        """Tokens of the median row."""
        return median_low(self.lengths)

    def findings(self, quality: Quality, limit: int) -> list[Finding]:
        """The verdicts on lengths and on what is trained; ``limit``: tokens that a row may have."""
        return [self._budget(limit), self._read_back(), *self._trained_tokens(quality)]

    def _budget(self, limit: int) -> Finding:
        long = [index for index, length in enumerate(self.lengths) if length > limit]
        worst = max(range(len(self.lengths)), key=self.lengths.__getitem__)
        return Finding(
            rule="token budget",
            passed=not long,
            value=f"{len(long)} rows are longer; the longest has {self.longest} tokens, "
            f"{self.prefix} of them the prefix that all rows share",
            requirement=f"at most {limit} tokens",
            count=len(long),
            example=self.names[worst] if long else "",
            remedy="raise training.max_seq_length, lower data.max_result_chars, or use fewer tools",
        )

    def _read_back(self) -> Finding:
        return _names(
            "tokens read back as text",
            self.misread,
            "the row's own text from its tokens",
            "the tokenizer loses text: use a base whose tokenizer.json is whole, and whose "
            "tokenizer_config.json names PreTrainedTokenizerFast",
        )

    def _trained_tokens(self, quality: Quality) -> list[Finding]:
        pairs = list(zip(self.names, self.first_trained, strict=False))
        mute = [name for name, first in pairs if first < 0]
        # With one text only, the shared prefix reaches into the answer and shows nothing.
        has_texts, prefix = len(self.texts) > 1, self.prefix
        own = [pair for pair, varied in zip(pairs, self.varied, strict=True) if not varied]
        leaking = [name for name, first in own if has_texts and 0 <= first < prefix]
        remedy = "the chat template does not mark the assistant's turns as training needs them"
        return [
            Finding(
                rule="share of trained tokens",
                passed=self.trained_share_of_own >= quality.min_trained_share,
                value=f"{percent(self.trained_share)}, {percent(self.trained_share_of_own)} of "
                "those behind the prefix that all rows share",
                requirement=f"at least {percent(quality.min_trained_share)}",
                remedy="list fewer tools in each prompt (tools_in_prompt, tools_selected): the "
                "list fills the rows",
            ),
            _names("every row teaches", mute, "no row without a trained token", remedy),
            _names("system text is not trained", leaking, "no trained token in the prefix", remedy),
        ]


def _names(rule: str, names: list[str], limit: str, remedy: str) -> Finding:
    return Finding(
        rule=rule,
        passed=not names,
        value=f"{len(names)} rows",
        requirement=limit,
        count=len(names),
        example=names[0] if names else "",
        remedy=remedy,
    )


def first_difference(text: str, back: str, parts: Callable[[str], list[str]]) -> str:
    """Where a text and what its tokens read as begin to differ; empty where they are equal.

    Equal are texts that Unicode holds for the same (its canonical form, NFC, which Qwen's
    tokenizers bring texts to), and those that differ in blanks beside a control token: the Llama 2
    family writes one there, Phi's control tokens swallow them. Another case, a compatibility form
    (the ligature fi as two letters), a character or a blank that is lost elsewhere does differ.

    ``parts`` cuts a text at its control tokens.
    """
    pairs = zip_longest(parts(normalize("NFC", text)), parts(normalize("NFC", back)), fillvalue="")
    for expected, actual in ((expected.strip(), actual.strip()) for expected, actual in pairs):
        if expected != actual:
            start = max(0, common_prefix_length(expected, actual) - 10)
            return f"{expected[start : start + 30]!r} reads {actual[start : start + 30]!r}"
    return ""
