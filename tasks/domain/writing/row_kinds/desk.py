"""What all rows of a dataset are written from, and what has been said and answered so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

from profiles import Data
from tasks.domain.conversations import Message, Row, Scenario, Split, opening
from tasks.domain.writing.book.drawing import Book
from tasks.domain.writing.harvest import Link
from tasks.domain.writing.phrasebook import UnsupportedLine
from tasks.domain.writing.phrasing.requests import Request
from tasks.domain.writing.phrasing.tool_context import ToolContext, bare
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.row_kinds.replies import Replies
from tasks.domain.writing.row_kinds.speech import Speech


@dataclass(frozen=True)
class Desk:
    """The tools as they are spoken of, a profile's numbers, the book, and the two memories."""

    data: Data
    words: Mapping[str, Wording]
    functions: tuple[dict[str, Any], ...]
    context: ToolContext
    links: Sequence[Link]
    book: Book
    speech: Speech
    replies: Replies

    @cached_property
    def off_topic_with_own_verbs(self) -> dict[Split, tuple[UnsupportedLine, ...]]:
        """By split, the requests for every server that have a verb of these tools."""
        return {
            split: tuple(
                line
                for line in self.book.off_topic(split)
                if not self.context.verbs.isdisjoint(bare(line.text).split())
            )
            for split in get_args(Split)
        }

    def row(
        self, scenario: Scenario, split: Split, user_request: Request, turns: Sequence[Message]
    ) -> Row:
        """A row of a request and what follows it."""
        return Row(
            scenario=scenario,
            split=split,
            phrasing=user_request.family,
            fixed=user_request.fixed,
            messages=(*opening(user_request.text), *turns),
            tools=self.functions,
        )
