"""A model's own tokenizer and chat template, without torch: token counts and trained tokens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.domain.conversations import Message, Row
from tasks.domain.errors import UnusableModel
from tasks.domain.quality import EncodedRow


class ChatTokenizer:
    """Renders conversations with a model's chat template and turns them into tokens."""

    def __init__(self, folder: Path, template: str | None = None) -> None:
        """Open the tokenizer of a model folder, with ``template`` in its own's place if given.

        Raises:
            UnusableModel: no tokenizer there, or one without a chat template.
        """
        # Unsloth wants to be imported before transformers, so nobody imports that at the top.
        from transformers import AutoTokenizer

        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        except (OSError, ValueError) as error:
            raise UnusableModel(f"{folder}: no tokenizer that opens: {error}") from error
        if template is not None:
            self._tokenizer.chat_template = template
        if not self._tokenizer.chat_template:
            raise UnusableModel(f"{folder}: the tokenizer has no chat template")

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
        text: str = self._tokenizer.apply_chat_template(
            [_for_template(message) for message in messages],
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

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens, special ones included."""
        return str(self._tokenizer.decode(list(tokens)))

    def pieces(self, tokens: Sequence[int]) -> list[str]:
        """The text of each token by itself; part of a character reads as U+FFFD."""
        return [str(self._tokenizer.decode([token])) for token in tokens]

    def encode(self, row: Row) -> EncodedRow:
        """Tokens of a whole row; the trained ones are those that the assistant says.

        What the assistant says is what its turn adds to the text behind the generation prompt,
        up to and with the stop token, so that this holds for templates with and without
        ``{% generation %}`` markers.

        Raises:
            UnusableModel: the template renders a turn differently when more turns follow.
        """
        text = self.render(row.messages, row.tools)
        spans = [self._said(row, turn, text) for turn in _assistant_turns(row)]
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        trained = [
            any(start <= left and right <= end and left < right for start, end in spans)
            for left, right in encoded["offset_mapping"]
        ]
        return EncodedRow(ids=encoded["input_ids"], trained=trained)

    def _said(self, row: Row, turn: int, text: str) -> tuple[int, int]:
        before = self.render(row.messages[:turn], row.tools, add_generation_prompt=True)
        after = self.render(row.messages[: turn + 1], row.tools)
        if not text.startswith(before) or not text.startswith(after):
            raise UnusableModel(
                "the chat template renders a turn differently when more turns follow; "
                "training needs one that keeps what it has rendered"
            )
        return len(before), len(after.rstrip())


def _assistant_turns(row: Row) -> list[int]:
    return [index for index, message in enumerate(row.messages) if message.role == "assistant"]


def _for_template(message: Message) -> dict[str, Any]:
    """The OpenAI form with decoded arguments: Qwen's template would quote JSON text twice."""
    form = message.as_dict()
    for call, stored in zip(form.get("tool_calls", ()), message.tool_calls, strict=False):
        call["function"]["arguments"] = stored.decoded().arguments
    return form
