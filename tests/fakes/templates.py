"""The chat template that each model is used with, and what it writes between words."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from transformers.utils.chat_template_utils import render_jinja_template

from profiles import load_model
from tasks.domain.bundle.turns import read_turns
from tasks.domain.conversations import Message
from tasks.domain.products import Turns
from tests.helpers.trl_templates import shipped_with_trl

_SHIPPED = {"qwen-3": "qwen3_instruct_2507.jinja"}
_SHIPPED |= dict.fromkeys(("qwen-2.5", "qwen-2.5-7b"), "qwen2_5.jinja")
"""TRL's copies of the templates of models that are used with their own."""


def template_of(model: str) -> str:
    """Ours where the model's file names one, else TRL's copy of its own."""
    return load_model(model).template_text or shipped_with_trl(_SHIPPED[model])


@cache
def turns_of(model: str) -> Turns:
    """Learned from the template without a tokenizer."""
    template = template_of(model)

    def rendered(messages: Sequence[Message], tools: Sequence[dict[str, Any]], asks: bool) -> str:
        forms = [message.as_dict() for message in messages]
        for form, message in zip(forms, messages, strict=True):
            for call, stored in zip(form.get("tool_calls", ()), message.tool_calls, strict=False):
                call["function"]["arguments"] = stored.decoded().arguments
        (text,), _ = render_jinja_template(
            [forms], tools=list(tools) or None, chat_template=template, add_generation_prompt=asks
        )
        return str(text)

    return read_turns(rendered)


CHATML = turns_of("smollm2")
