"""A model's own tokenizer and chat template, without torch: token counts and trained tokens."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from tasks.domain.conversations import Message, Row
from tasks.domain.errors import UnusableModel
from tasks.domain.token_rules import EncodedRow
from tasks.domain.toolcalls import Same

_STAND_IN = ({"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},)
"""A short tool list that is rendered instead of the row's own, which is most of its text."""


@dataclass
class _Opening:
    """What all rows with one system turn and one tool list begin with, rendered once."""

    ids: list[int]
    """The tokens up to the last special token before the user's words."""
    tail: str
    """The text from that token up to the user's words."""
    stand_in: str
    """The text up to the user's words when rendered with the stand-in's tools."""
    between: str
    """The text between the user's words and the assistant's."""
    fits: dict[tuple[tuple[str, bool], ...], bool] = field(default_factory=dict)
    """For each shape of row (roles, and who calls), whether going on from here is exact."""

    def prompt(self, row: Row) -> str:
        """What stands before the first answer, where the user speaks once before it."""
        roles = [message.role for message in row.prompt]
        if roles not in (["user"], ["system", "user"]):
            return ""
        return self.stand_in + row.prompt[-1].content + self.between


@lru_cache(maxsize=256)
def _text_of(tools: Same) -> str:
    return json.dumps(tools.value)


class ChatTokenizer:
    """Renders conversations with a model's chat template and turns them into tokens."""

    def __init__(self, folder: Path) -> None:
        """Open the tokenizer of a model folder.

        Raises:
            UnusableModel: no tokenizer there, or one without a chat template.
        """
        # Unsloth wants to be imported before transformers, so nobody imports that at the top.
        from transformers import AutoTokenizer

        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        except (OSError, ValueError) as error:
            raise UnusableModel(f"{folder}: no tokenizer that opens: {error}") from error
        if not self._tokenizer.chat_template:
            raise UnusableModel(f"{folder}: the tokenizer has no chat template")
        self._openings: dict[tuple[str, tuple[Message, ...]], _Opening | None] = {}

    @property
    def chat_template(self) -> str:
        """The template's Jinja text."""
        return str(self._tokenizer.chat_template)

    @property
    def eos_id(self) -> int:
        """The token that ends a turn."""
        return int(self._tokenizer.eos_token_id)

    def render(
        self,
        messages: Sequence[Message],
        tools: Sequence[dict[str, Any]],
        *,
        add_generation_prompt: bool = False,
    ) -> str:
        """The text that the model reads."""
        forms = [_for_template(message) for message in messages]
        return self._rendered(forms, tools, add_generation_prompt)

    def _rendered(
        self,
        forms: Sequence[dict[str, Any]],
        tools: Sequence[dict[str, Any]],
        add_generation_prompt: bool = False,
    ) -> str:
        text: str = self._tokenizer.apply_chat_template(
            list(forms),
            tools=list(tools) or None,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
        )
        return text

    def count(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> int:
        """How many tokens a conversation takes."""
        return len(self.ids(self.render(messages, tools)))

    def ids(self, text: str) -> list[int]:
        """Tokens of a text that is rendered already: no special token is added."""
        tokens: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return tokens

    def encode(self, row: Row) -> EncodedRow:
        """Tokens of a whole row; the trained ones are those that the assistant says.

        What the assistant says is what its turn adds to the text behind the generation prompt,
        up to and with the stop token, so that this holds for templates with and without
        ``{% generation %}`` markers.

        Raises:
            UnusableModel: the template renders a turn differently when more turns follow.
        """
        shape = tuple((message.role, bool(message.tool_calls)) for message in row.messages)
        opening = self._opening(row)
        if opening is None or opening.fits.get(shape) is False:
            return self._encode_whole(row)
        encoded = self._encode_behind(opening, row)
        if encoded is None or shape not in opening.fits:
            whole = self._encode_whole(row)
            # Once for each shape of row, the short way has to show that it makes the same.
            opening.fits[shape] = encoded == whole
            return whole
        return encoded

    def _opening(self, row: Row) -> "_Opening | None":
        """What rows with this system turn and these tools begin with; None where it is unclear."""
        system = row.messages[:1] if row.messages[0].role == "system" else ()
        key = (_text_of(Same(row.tools)), system)
        if key not in self._openings:
            self._openings[key] = self._begin(system, row.tools)
        return self._openings[key]

    def _begin(
        self, system: tuple[Message, ...], tools: Sequence[dict[str, Any]]
    ) -> "_Opening | None":
        asked = [(*system, Message(role="user", content=text)) for text in ("1", "2")]
        texts = [self.render(messages, tools) for messages in asked]
        others = [self.render(messages, _STAND_IN) for messages in asked]
        real, stand_in = _common_start(*texts), _common_start(*others)
        # A tokenizer never joins what stands before and behind such a token.
        cut = max((real.rfind(token) for token in self._tokenizer.get_added_vocab()), default=-1)
        if cut < 0 or texts[0][len(real) :] != others[0][len(stand_in) :]:
            return None
        prompt = self.render(asked[0], _STAND_IN, add_generation_prompt=True)
        between = prompt[len(stand_in) + len("1") :]
        return _Opening(self.ids(real[:cut]), real[cut:], stand_in, between)

    def _encode_whole(self, row: Row) -> EncodedRow:
        return self._encoded(*self._marked(row, row.tools))

    def _encode_behind(self, opening: "_Opening", row: Row) -> EncodedRow | None:
        """The same, with the opening's text and tokens from its first row."""
        text, spans = self._marked(row, _STAND_IN, opening.prompt(row))
        if not text.startswith(opening.stand_in):
            return None
        shift = len(opening.tail) - len(opening.stand_in)
        rest = self._encoded(
            opening.tail + text[len(opening.stand_in) :],
            [(start + shift, end + shift) for start, end in spans],
        )
        return EncodedRow(
            ids=opening.ids + list(rest.ids), trained=[False] * len(opening.ids) + rest.trained
        )

    def _encoded(self, text: str, spans: Sequence[tuple[int, int]]) -> EncodedRow:
        encoded = self._tokenizer.backend_tokenizer.encode(text, add_special_tokens=False)
        trained = [False] * len(encoded.ids)
        ahead = iter(spans)
        start, end = next(ahead, (len(text), len(text)))
        for place, (left, right) in enumerate(encoded.offsets):
            while left >= end and left < len(text):
                start, end = next(ahead, (len(text), len(text)))
            trained[place] = start <= left < right <= end
        return EncodedRow(ids=encoded.ids, trained=trained)

    def _marked(
        self, row: Row, tools: Sequence[dict[str, Any]], likely: str = ""
    ) -> tuple[str, list[tuple[int, int]]]:
        """A row's text and where in it the assistant speaks, in order.

        ``likely``: what probably stands before the first answer; it is rendered where it does not.
        """
        forms = [_for_template(message) for message in row.messages]
        text = self._rendered(forms, tools)
        spans: list[tuple[int, int]] = []
        for turn in _assistant_turns(row):
            before = likely if not spans and likely and text.startswith(likely) else ""
            before = before or self._rendered(forms[:turn], tools, add_generation_prompt=True)
            is_last = turn + 1 == len(forms)
            after = text if is_last else self._rendered(forms[: turn + 1], tools)
            if not text.startswith(before) or not text.startswith(after):
                raise UnusableModel(
                    "the chat template renders a turn differently when more turns follow; "
                    "training needs one that keeps what it has rendered"
                )
            spans.append((len(before), len(after.rstrip())))
        return text, spans


def _common_start(left: str, right: str) -> str:
    pairs = enumerate(zip(left, right, strict=False))
    return left[: next((place for place, (one, other) in pairs if one != other), len(left))]


def _assistant_turns(row: Row) -> list[int]:
    return [index for index, message in enumerate(row.messages) if message.role == "assistant"]


def _for_template(message: Message) -> dict[str, Any]:
    """The OpenAI form with decoded arguments: Qwen's template would quote JSON text twice."""
    form = message.as_dict()
    for call, stored in zip(form.get("tool_calls", ()), message.tool_calls, strict=False):
        call["function"]["arguments"] = stored.decoded().arguments
    return form
