"""The shipped book for every server, as a tool list that has no other one gets it."""

from profiles import PhrasebookFiles, load_phrasebooks
from tasks.domain.products import Toolset
from tasks.domain.writing.book.choice import choose_book
from tasks.domain.writing.book.drawing import Book
from tests.fakes.toolsets import server

FILES = PhrasebookFiles(general=load_phrasebooks(server()).general)


def general_book(toolset: Toolset) -> Book:
    """What is said to every server and that no tool of a list could meet."""
    return choose_book(toolset, server(), FILES).book
