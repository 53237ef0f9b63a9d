"""What a server prints, from a book: with the call's values, and with what was changed before."""

import random

from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.book.drawing import Book
from tasks.domain.writing.book.printing import printed, printed_after
from tests.fakes.phrasebooks import book_lines

BOOK = Book(
    book_lines(
        '{"kind":"result","tool":"read","text":"{write.content}",'
        '"answer":"{path}: {write.content}"}\n'
        '{"kind":"result","tool":"read","text":"of {path}","answer":"Read."}\n'
        '{"kind":"result","tool":"open","text":"<{names}>"}\n'
    )
)
WRITE = ToolCall(name="write", arguments={"path": "a.txt", "content": "milk"})


def read(path: str) -> ToolCall:
    return ToolCall(name="read", arguments={"path": path})


def test_a_result_after_a_change_shows_the_change() -> None:
    answered = printed_after(BOOK, [WRITE], read("a.txt"), random.Random(1))
    assert answered is not None
    assert (answered.result.text, answered.words) == ("milk", "a.txt: milk")


def test_of_something_else_than_was_changed_nobody_knows_the_result() -> None:
    assert printed_after(BOOK, [WRITE], read("b.txt"), random.Random(1)) is None


def test_a_change_that_no_result_shows_leaves_the_next_call_without_one() -> None:
    moved = ToolCall(name="move", arguments={"source": "a.txt"})
    assert printed_after(BOOK, [moved], read("a.txt"), random.Random(1)) is None


def test_a_result_of_one_call_is_not_one_that_shows_an_earlier_call() -> None:
    answered = printed(BOOK, read("a.txt"), random.Random(1))
    assert answered is not None
    assert answered.result.text == "of a.txt"


def test_several_values_are_not_printed_in_one_place() -> None:
    one, two = (ToolCall(name="open", arguments={"names": n}) for n in (["Ada"], ["Ada", "Luis"]))
    answered = printed(BOOK, one, random.Random(1))
    assert answered is not None
    assert answered.result.text == "<Ada>"
    assert printed(BOOK, two, random.Random(1)) is None
