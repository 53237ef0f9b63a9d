"""What a tool answered, as a model sees it."""

import json
import re

from tasks.domain.products import ToolResult

_ERROR_TEXT = re.compile(r"\s*(\w+ )?error:", re.IGNORECASE)


def cap(text: str, limit: int) -> str:
    """A tool's result as the model sees it: cut, visibly, when longer than ``limit``."""
    if len(text) <= limit:
        return text
    mark = f"\n[cut: {len(text)} characters in all]"
    return text[: max(limit - len(mark), 0)].rstrip() + mark


def result_text(result: ToolResult, limit: int) -> str:
    """A result's text, or its structured content where it has no text, capped."""
    return cap(result.text or json.dumps(result.structured or "done"), limit)


def failed(result: ToolResult) -> bool:
    """Whether a result reports a failure; some servers say so only in the text."""
    return result.is_error or bool(_ERROR_TEXT.match(result.text))
