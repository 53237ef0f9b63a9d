"""What one server may send: bounds that hold before anything of a message is built."""

import codecs
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2

MOST_CHARACTERS = 2**23
"""Of one message, and bytes of one answer over HTTP: a picture in a result needs several MB."""
MOST_UNASKED = 10_000
"""Messages and lines of junk between two answers."""
MOST_PAGES = 500
"""Of one list of tools."""
TOO_LARGE = f"sent more than {MOST_CHARACTERS} characters at once"
ENCODING = "mcp_forge_lines"
"""UTF-8 whose lines end behind ``MOST_CHARACTERS``.

The SDK collects a line until it ends, whatever memory that takes. Its parameter for the encoding of
a server's output is the one place where a line can be bounded.
"""


class _Lines(codecs.IncrementalDecoder):
    def __init__(self, errors: str = "strict") -> None:
        super().__init__(errors)
        self._text = codecs.getincrementaldecoder("utf-8")(errors)
        self._length = 0

    def decode(self, data: Any, final: bool = False) -> str:
        *lines, rest = self._text.decode(data, final).split("\n")
        output = []
        for line in lines:
            output.append(self._bounded(line) + "\n")
            self._length = 0
        return "".join(output) + self._bounded(rest)

    def _bounded(self, part: str) -> str:
        """What of a part is still said; the line ends where it becomes too long."""
        remaining = MOST_CHARACTERS - self._length
        self._length += len(part)
        if len(part) < remaining:
            return part
        return f"{part[:remaining]}\n" if remaining > 0 else ""


def _find(name: str) -> codecs.CodecInfo | None:
    if name != ENCODING:
        return None
    plain = codecs.lookup("utf-8")
    return codecs.CodecInfo(plain.encode, plain.decode, incrementaldecoder=_Lines, name=ENCODING)


codecs.register(_find)


class BoundedBody(httpx2.AsyncByteStream):
    """The body of an answer: uncompressed, since a small one may unpack to any size, and bounded.

    A stream of events may go on for ever; the SDK bounds each of its events.
    """

    def __init__(self, response: httpx2.Response, tell: Callable[[str], None]) -> None:
        self._stream = response.stream
        self._is_packed = response.headers.get("content-encoding", "identity") != "identity"
        self._is_endless = response.headers.get("content-type", "").startswith("text/event-stream")
        self._tell = tell

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._is_packed:
            self._refuse("sent a compressed answer, which it was asked not to do")
        assert isinstance(self._stream, httpx2.AsyncByteStream)
        size = 0
        async for chunk in self._stream:
            size += 0 if self._is_endless else len(chunk)
            if size > MOST_CHARACTERS:
                self._refuse(TOO_LARGE)
            yield chunk

    async def aclose(self) -> None:
        """Close the connection's own stream."""
        await self._stream.aclose()  # type: ignore[union-attr]

    def _refuse(self, why: str) -> None:
        self._tell(why)
        raise httpx2.StreamError(why)
