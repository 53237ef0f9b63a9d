"""What came back from a call, and what the assistant says of it."""

import random
from dataclasses import dataclass

from tasks.domain.conversations import Message
from tasks.domain.products import ToolResult
from tasks.domain.prompting.results import result_text
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.phrasing.answers import answer, report
from tasks.domain.writing.phrasing.wording import Wording


@dataclass(frozen=True)
class Answered:
    """A result, with the words for the user where a phrasebook has them."""

    result: ToolResult
    words: str = ""

    def turn(self, limit: int) -> Message:
        """The result as the model sees it: ``limit`` characters at most."""
        return Message(role="tool", content=result_text(self.result, limit))

    def tell_success(self, wording: Wording, call: ToolCall, limit: int, rng: random.Random) -> str:
        """What the assistant tells the user of a success."""
        if self.words:
            return self.words
        return answer(wording, call.arguments, result_text(self.result, limit), rng)

    def tell_failure(self, wording: Wording, limit: int, rng: random.Random) -> str:
        """What the assistant tells the user of a failure."""
        if self.words:
            return self.words
        capped = self.result.model_copy(update={"text": result_text(self.result, limit)})
        return report(wording, capped, rng)
