"""Servers that nobody forges for: each is listed and called, and has to end in a word of ours."""

import time
from collections import Counter
from collections.abc import Sequence

from benchmarks.scale.servers import Unsteady
from profiles import Server
from tasks.domain.errors import ForgeError
from tasks.domain.toolcalls import ToolCall
from tasks.external.servers import executing_all, read_toolset_of

_CALLS = 14
_CALL_SECONDS = 2.0
_CALL = ToolCall(name="get_current_time", arguments={"timezone": "Asia/Tokyo"})


def visit_all(servers: Sequence[Unsteady]) -> Counter[str]:
    """How many visits ended how; whatever is not an error of ours breaks the run off."""
    return Counter(_visit(server) for server in servers)


def _visit(server: Unsteady) -> str:
    spec = Server(name=server.name, command=tuple(server.command))
    begun = time.monotonic()
    try:
        toolset = read_toolset_of(spec)
        with executing_all(spec, toolset, seed=0, call_timeout_seconds=_CALL_SECONDS) as call:
            answers = [call(_CALL) for _ in range(_CALLS)]
    except ForgeError as error:
        lines = str(error).count("\n") + 1
        ending = type(error).__name__ if lines == 1 else f"{type(error).__name__}, {lines} lines"
    else:
        ending = "answered" if not any(answer.is_error for answer in answers) else "an error result"
    slow = ", after more than a minute" if time.monotonic() - begun > 60 else ""
    return f"{server.fault}: {ending}{slow}"
