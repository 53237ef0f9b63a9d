"""Rows whose call fails: the assistant says so, and what the tool said of it."""

import random

from tasks.domain.conversations import Row, Split
from tasks.domain.writing.answered import Answered
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.row_kinds.calling import OPTIONAL_SHARE, answered_row
from tasks.domain.writing.row_kinds.desk import Desk
from tasks.domain.writing.values.draw_options import DrawOptions


def error_row(desk: Desk, wording: Wording, split: Split, rng: random.Random) -> Row | None:
    """A call that the server refused before, or one with a value that does not exist."""
    limit = desk.data.max_result_chars
    stock = desk.replies.failures.get((wording.tool.name, split))
    if stock:
        user_request, call, result = stock.pop(0)
        answered = Answered(result)
    else:
        maker = wording.maker
        names = [n for n in maker.spoken_for if maker.can_be_unknown(n)]
        options = DrawOptions(
            split, OPTIONAL_SHARE / 3, unknown=rng.choice(names) if names else None
        )
        pair = desk.speech.request(wording, options, rng) or desk.speech.request(
            wording, DrawOptions(split, 0.5), rng
        )
        if pair is None:
            return None
        user_request, call = pair
        is_provoked = bool(options.unknown)
        answered = desk.replies.failure(wording, call, rng, is_provoked=is_provoked)
    last = answered.tell_failure(wording, limit, rng)
    return answered_row(desk, "error", split, (user_request, call, answered), last)
