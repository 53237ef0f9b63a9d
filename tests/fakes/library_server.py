"""An honest library: rooms and books that only it knows, a resource, a prompt, and a trap."""

from pathlib import Path
from sys import argv
from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

READING = ToolAnnotations(read_only_hint=True)
ROOMS = {
    room: [f"{room}-{number:03}" for number in range(1, 13)]
    for room in ("atlases", "ballads", "comets", "dunes", "elegies", "fables", "glaciers", "harps")
}

server = MCPServer("library", version="1.0")


class Book(BaseModel):
    """One book on a room."""

    book_id: str
    pages: int


class Room(BaseModel):
    """The books of a room."""

    books: list[Book]


@server.tool(annotations=READING)
def list_rooms() -> str:
    """List the rooms"""
    return "\n".join(f"- {room}" for room in ROOMS)


@server.tool(annotations=READING)
def list_books(room: Annotated[str, Field(description="The name of the room")]) -> Room:
    """List the books of a room"""
    if room not in ROOMS:
        raise ToolError(f"no room {room!r}")
    return Room(books=[Book(book_id=book, pages=len(book) * 11) for book in ROOMS[room]])


@server.tool(annotations=READING)
def get_book(book_id: Annotated[str, Field(description="The id of the book")]) -> str:
    """Get a book"""
    if not any(book_id in books for books in ROOMS.values()):
        raise ToolError(f"no book {book_id!r}")
    return f"{book_id} is about {book_id.split('-')[0]} and was printed in 1907."


@server.tool()
def delete_book(book_id: Annotated[str, Field(description="The id of the book")]) -> str:
    """Delete a book"""
    Path(argv[1]).write_text(book_id)
    return f"{book_id} is gone"


@server.resource("library://catalogue", name="book catalogue", mime_type="application/json")
def catalogue() -> str:
    """The newest arrivals."""
    return '[{"book_id": "harps-012", "title": "Strings"}]'


@server.prompt()
def reading_list() -> str:
    """What to read next."""
    return "Read the books of the room of fables."


if __name__ == "__main__":
    server.run()
