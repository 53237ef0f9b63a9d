"""Rows that call a tool: usual values and rare ones, one call and several."""

import random
from dataclasses import replace

from tasks.domain.conversations import Message, Row, Scenario, Split
from tasks.domain.prompting.results import failed
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.answered import Answered
from tasks.domain.writing.phrasing.requests import Request
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.row_kinds.desk import Desk
from tasks.domain.writing.row_kinds.multiple_calls import several
from tasks.domain.writing.row_kinds.multiple_calls_of_book import several_of_book
from tasks.domain.writing.row_kinds.speech import TRIES, RequestAndCall
from tasks.domain.writing.values.draw_options import DrawOptions

FREE_SHARE = 0.6
"""Of the rows that end with the call: those whose values need not exist, so that they are copied
from the text and not known by heart."""
OPTIONAL_SHARE = 0.3
"""The chance that a usual call gives an optional parameter."""


def standard_row(desk: Desk, wording: Wording, split: Split, rng: random.Random) -> Row | None:
    """A request as most people make it; at times one of several calls."""
    if rng.random() < desk.data.multiple_calls_share:
        row = _several_row(desk, split, rng)
        if row is not None:
            return row
    return _row(desk, wording, "standard", split, rng)


def edge_row(desk: Desk, wording: Wording, split: Split, rng: random.Random) -> Row | None:
    """A request with all optional parameters, or with values that are rare."""
    return _row(desk, wording, "edge", split, rng)


def answered_row(
    desk: Desk,
    scenario: Scenario,
    split: Split,
    turn: tuple[Request, ToolCall, Answered],
    last: str,
) -> Row:
    """A request, its call, the result, and the assistant's last words."""
    user_request, call, answered = turn
    turns = (
        Message.assistant("", call),
        answered.turn(desk.data.max_result_chars),
        Message.assistant(last),
    )
    row = desk.row(scenario, split, user_request, turns)
    return row.model_copy(update={"tool": call.name, "simulated": answered.result.simulated})


def _row(
    desk: Desk, wording: Wording, scenario: Scenario, split: Split, rng: random.Random
) -> Row | None:
    for _ in range(TRIES):
        unusual = scenario == "edge" and rng.random() < 0.5
        optional = 1.0 if scenario == "edge" and not unusual else OPTIONAL_SHARE
        if split == "train" and rng.random() >= desk.data.answered_share:
            free = rng.random() < FREE_SHARE
            options = DrawOptions(split, optional, unusual, free=free)
            pair = desk.speech.request(wording, options, rng)
            return _ending_row(desk, scenario, split, pair) if pair else None
        pair = _request_of_server(
            desk, wording, DrawOptions(split, optional, unusual, real=True), rng
        )
        if pair is None:
            return None
        user_request, call = pair
        answered = desk.replies.of(wording, call, rng)
        if answered is None:
            return _ending_row(desk, scenario, split, pair)
        if failed(answered.result):
            stock = desk.replies.failures.setdefault((call.name, split), [])
            stock.append((user_request, call, answered.result))
            continue
        last = answered.tell_success(wording, call, desk.data.max_result_chars, rng)
        return answered_row(desk, scenario, split, (user_request, call, answered), last)
    return None


def _ending_row(desk: Desk, scenario: Scenario, split: Split, pair: RequestAndCall) -> Row:
    """A row that ends with its call: nobody hears the answer, so it is not asked for."""
    user_request, call = pair
    turns = (Message.assistant("", call),)
    return desk.row(scenario, split, user_request, turns).model_copy(update={"tool": call.name})


def _request_of_server(
    desk: Desk, wording: Wording, options: DrawOptions, rng: random.Random
) -> RequestAndCall | None:
    """A request with values of the server; with others once those are used up."""
    pair = desk.speech.request(wording, options, rng)
    if pair is None and wording.maker.server_values:
        return desk.speech.request(wording, replace(options, real=False), rng)
    return pair


def _several_row(desk: Desk, split: Split, rng: random.Random) -> Row | None:
    conversation = None
    if desk.speech.asks_book(desk.book.calls(split), rng):
        conversation = several_of_book(desk, split, rng)
    conversation = conversation or several(desk, split, rng)
    if conversation is None:
        return None
    row = desk.row("standard", split, conversation.request, conversation.turns)
    return row.model_copy(update={"tool": conversation.tool, "simulated": conversation.simulated})
