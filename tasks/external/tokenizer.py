"""A model's own tokenizer and chat template, without torch: token counts and trained tokens."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import compress
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from tasks.domain.bundle.turns import read_turns
from tasks.domain.conversations import Message, Row
from tasks.domain.errors import UnusableModel
from tasks.domain.gate.token_rules import EncodedRow, first_difference
from tasks.domain.products import Turns
from tasks.domain.schemas.by_identity import ByIdentity
from tasks.domain.training.common_prefix import common_prefix_length
from tasks.domain.untrusted.control_tokens import ControlTokens, looks_like_one
from tasks.external.tokenizer_files import open_tokenizer

_STAND_IN = ({"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},)
"""A short tool list that is rendered instead of the row's own, which is most of its text."""


_Shape = tuple[tuple[str, bool], ...]
"""The roles of a row's messages, and which of them call a tool."""


@dataclass
class _Opening:
    """What all rows with one system turn and one tool list begin with, rendered once."""

    ids: list[int]
    """The tokens up to the last special token before the user's words."""
    tail: str
    """The text from that token up to the user's words."""
    stand_in: str
    """The text up to the user's words when rendered with the stand-in's tools."""
    begins: str
    """The text in front of what the assistant says."""
    ends: str
    """The token behind it, as text."""
    misread: str = ""
    """Where its tokens do not read back as its text."""
    fits: dict[_Shape, bool] = field(default_factory=dict)
    """For each shape of row, whether going on from here is exact."""
    stops: dict[_Shape, int] = field(default_factory=dict)
    """For each shape of row, how often ``ends`` stands in its text."""

    def spans(self, text: str, shape: _Shape) -> list[tuple[int, int]] | None:
        """Where the assistant speaks; None where a message itself has the text around its turns."""
        turns = sum(role == "assistant" for role, _ in shape)
        stops = text.count(self.ends)
        if text.count(self.begins) != turns or stops != self.stops.setdefault(shape, stops):
            return None
        ranges, at = [], 0
        for _ in range(turns):
            start = text.index(self.begins, at) + len(self.begins)
            at = text.find(self.ends, start) + len(self.ends)
            if at < start:
                return None
            ranges.append((start, at))
        return ranges


@lru_cache(maxsize=256)
def _text_of(tools: ByIdentity) -> str:
    return json.dumps(tools.value)


class ChatTokenizer:
    """Renders conversations with a model's chat template and turns them into tokens."""

    def __init__(self, folder: Path, template: str | None = None) -> None:
        """Open the tokenizer of a model folder, with ``template`` in its own's place if given.

        Raises:
            UnusableModel: no tokenizer there, or one without a chat template.
        """
        self._tokenizer = open_tokenizer(folder)
        self._template = template
        if not self.chat_template:
            raise UnusableModel(f"{folder}: the tokenizer has no chat template")
        self._backend = self._tokenizer.backend_tokenizer
        controls = sorted(self._tokenizer.get_added_vocab(), key=len, reverse=True)
        self._controls = re.compile("|".join(map(re.escape, controls)) or "$^")
        self._openings: dict[tuple[str, tuple[Message, ...]], _Opening | None] = {}

    @property
    def chat_template(self) -> str:
        """The template's Jinja text."""
        own = self._tokenizer.chat_template
        return str((own if self._template is None else self._template) or "")

    @property
    def eos_id(self) -> int:
        """The token that ends a turn."""
        return int(self._tokenizer.eos_token_id)

    @property
    def first_token(self) -> str:
        """What the vocabulary puts in front of every text by itself, as llama.cpp does; or ""."""
        ids = self._tokenizer("")["input_ids"]
        return self.text(ids[:1]) if ids[:1] == [self._tokenizer.bos_token_id] else ""

    @cached_property
    def control(self) -> ControlTokens:
        """The tokens that no text may become: the same ones that llama.cpp takes for control."""
        added = self._tokenizer.added_tokens_decoder
        return ControlTokens(added[token].content for token in self.control_ids)

    @cached_property
    def control_ids(self) -> frozenset[int]:
        """The ids of ``control``."""
        added = self._tokenizer.added_tokens_decoder.items()
        return frozenset(
            number for number, token in added if token.special or looks_like_one(token.content)
        )

    def render(
        self,
        messages: Sequence[Message],
        tools: Sequence[dict[str, Any]],
        *,
        add_generation_prompt: bool = False,
    ) -> str:
        """The text that the model reads.

        Raises:
            UnusableModel: the template refuses such a conversation.
        """
        forms = [_for_template(message) for message in messages]
        return self._rendered(forms, tools, add_generation_prompt)

    def _rendered(
        self,
        forms: Sequence[dict[str, Any]],
        tools: Sequence[dict[str, Any]],
        add_generation_prompt: bool = False,
    ) -> str:
        try:
            text: str = self._tokenizer.apply_chat_template(
                self.control.escape(forms),
                tools=self.control.escape_tools(tools) or None,
                chat_template=self._template,
                tokenize=False,
                add_generation_prompt=add_generation_prompt,
            )
        except (TemplateError, TypeError) as error:  # TypeError: a text is put beside no text
            raise UnusableModel(f"the chat template refuses a conversation: {error}") from error
        return text

    def turns(self) -> Turns:
        """What the template writes between words, without the token that begins every text.

        llama.cpp puts that token there by itself.

        Raises:
            UnusableModel: the template cannot be told so.
        """
        first = self.first_token

        def rendered(
            messages: Sequence[Message], tools: Sequence[dict[str, Any]], asks: bool
        ) -> str:
            return self.render(messages, tools, add_generation_prompt=asks).removeprefix(first)

        return read_turns(rendered)

    def count(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> int:
        """How many tokens a conversation takes."""
        return len(self.ids(self.render(messages, tools)))

    def ids(self, text: str) -> list[int]:
        """Tokens of a text that is rendered already: no special token is added."""
        # A list that is longer than the model's context is counted all the same, without a warning.
        encoding = self._tokenizer(text, add_special_tokens=False, verbose=False)
        tokens: list[int] = encoding["input_ids"]
        return tokens

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens, special ones included."""
        return str(self._tokenizer.decode(list(tokens)))

    def words(self, tokens: Sequence[int]) -> str:
        """The text of tokens without control tokens, as llama.cpp gives an answer."""
        return self.text([token for token in tokens if token not in self.control_ids])

    def pieces(self, tokens: Sequence[int]) -> list[str]:
        """The text of each token by itself; part of a character reads as U+FFFD."""
        return [str(self._tokenizer.decode([token])) for token in tokens]

    def encode(self, row: Row) -> EncodedRow:
        """Tokens of a whole row; the trained ones are those that the assistant says.

        What the assistant says is what its turn adds to the text behind the generation prompt,
        up to and with the stop token, so that this holds for templates with and without
        ``{% generation %}`` markers.

        Raises:
            UnusableModel: the template refuses the row, or renders a turn differently when more
                turns follow.
        """
        shape = tuple((message.role, bool(message.tool_calls)) for message in row.messages)
        opening = self._opening(row)
        if opening is None or opening.fits.get(shape) is False:
            return self._encode_whole(row)
        encoded = self._encode_behind(opening, row, shape)
        if encoded is not None and shape in opening.fits:
            return encoded
        whole = self._encode_whole(row)
        if encoded is not None:
            # Once for each shape of row, the short way has to show that it makes the same.
            opening.fits[shape] = encoded == whole
        return whole

    def _opening(self, row: Row) -> "_Opening | None":
        """What rows with this system turn and these tools begin with; None where it is unclear."""
        system = row.messages[:1] if row.messages[0].role == "system" else ()
        key = (_text_of(ByIdentity(row.listed)), system)
        if key not in self._openings:
            self._openings[key] = self._begin(system, row.listed)
        return self._openings[key]

    def _begin(
        self, system: tuple[Message, ...], tools: Sequence[dict[str, Any]]
    ) -> "_Opening | None":
        conversations = [(*system, Message(role="user", content=text)) for text in ("1", "2")]
        texts = [self.render(messages, tools) for messages in conversations]
        others = [self.render(messages, _STAND_IN) for messages in conversations]
        real, stand_in = (a[: common_prefix_length(a, b)] for a, b in (texts, others))
        # A tokenizer never joins what stands before and behind such a token.
        end = max((real.rfind(token) for token in self._tokenizer.get_added_vocab()), default=-1)
        if end < 0 or texts[0][len(real) :] != others[0][len(stand_in) :]:
            return None
        prompt = self.render(conversations[0], _STAND_IN, add_generation_prompt=True)
        begins = prompt.removeprefix(others[0])
        if begins in ("", prompt):
            return None
        ends = self.text([self.eos_id])
        ids = self.ids(real[:end])
        return _Opening(
            ids, real[end:], stand_in, begins, ends, misread=self._misread(real[:end], ids)
        )

    def _encode_whole(self, row: Row) -> EncodedRow:
        return self._encoded(*self._marked(row))

    def _encode_behind(self, opening: "_Opening", row: Row, shape: _Shape) -> EncodedRow | None:
        """The same, with the opening's text and tokens from its first row."""
        text = self._rendered([_for_template(message) for message in row.messages], _STAND_IN)
        spans = opening.spans(text, shape)
        if spans is None or not text.startswith(opening.stand_in):
            return None
        weights = [message.weight for message in row.messages if message.role == "assistant"]
        spans = list(compress(spans, weights))
        shift = len(opening.tail) - len(opening.stand_in)
        rest = self._encoded(
            opening.tail + text[len(opening.stand_in) :],
            [(start + shift, end + shift) for start, end in spans],
        )
        return EncodedRow(
            ids=opening.ids + list(rest.ids),
            trained=[False] * len(opening.ids) + rest.trained,
            misread=opening.misread or rest.misread,
        )

    def _encoded(self, text: str, spans: Sequence[tuple[int, int]]) -> EncodedRow:
        encoded = self._backend.encode(text, add_special_tokens=False)
        trained = [False] * len(encoded.ids)
        ahead = iter(spans)
        start, end = next(ahead, (len(text), len(text)))
        for place, (begin, stop) in enumerate(encoded.offsets):
            while begin >= end and begin < len(text):
                start, end = next(ahead, (len(text), len(text)))
            trained[place] = start <= begin < stop <= end
        return EncodedRow(encoded.ids, trained, self._misread(text, encoded.ids))

    def _misread(self, text: str, ids: Sequence[int]) -> str:
        """Where tokens do not read back as their text; empty where they do."""
        back: str = self._backend.decode(ids, skip_special_tokens=False)
        if back == text:
            return ""
        return first_difference(text, back, self._controls.split)

    def _marked(self, row: Row) -> tuple[str, list[tuple[int, int]]]:
        """A row's text and where in it the assistant says what is learned, in order."""
        forms = [_for_template(message) for message in row.messages]
        text = self._rendered(forms, row.listed)
        spans: list[tuple[int, int]] = []
        for turn in _learned_turns(row):
            before = self._rendered(forms[:turn], row.listed, add_generation_prompt=True)
            is_last = turn + 1 == len(forms)
            after = text if is_last else self._rendered(forms[: turn + 1], row.listed)
            if not text.startswith(before) or not text.startswith(after):
                raise UnusableModel(
                    "the chat template renders a turn differently when more turns follow; "
                    "training needs one that keeps what it has rendered"
                )
            spans.append((len(before), len(after.rstrip())))
        return text, spans


def _learned_turns(row: Row) -> list[int]:
    return [index for index, message in enumerate(row.messages) if message.is_learned]


def _for_template(message: Message) -> dict[str, Any]:
    """The OpenAI form with decoded arguments: Qwen's template would quote JSON text twice."""
    form = message.as_dict()
    for call, message_call in zip(form.get("tool_calls", ()), message.tool_calls, strict=False):
        call["function"]["arguments"] = message_call.decoded().arguments
    return form
