"""Which server a bundle's model may be tried on, and what starting one would do here."""

import shlex
from collections.abc import Callable

from profiles import Server
from tasks.domain import Frozen
from tasks.domain.errors import BundleNotTrusted
from tasks.domain.untrusted.printable import on_one_line

Trusts = Callable[[str], bool]
"""Whether a person wants what a server would do here, told on one line."""

_REACH = {"command", "folder", "url", "env", "headers", "workspace"}
"""What of a server's spec does something: the rest of it only describes."""


def nobody(_: str) -> bool:
    """Where no person is there to ask."""
    return False


class Demands(Frozen):
    """What a server's spec would have this machine do."""

    command: tuple[str, ...] = ()
    folder: str = ""
    url: str = ""
    commands: tuple[tuple[str, ...], ...] = ()
    """Those that make its workspace."""
    files: tuple[str, ...] = ()
    """Those of its workspace."""
    settings: tuple[tuple[str, str], ...] = ()
    """Environment variables that the process would get, and headers that would be sent."""
    variables: tuple[str, ...] = ()
    """Those of our environment that would be handed to it."""

    @property
    def text(self) -> str:
        """All of it on one line; nothing is cut, so that nothing can hide behind what is."""
        parts = {
            "runs": [shlex.join(self.command)] if self.command else [],
            "starts it in": [self.folder] if self.folder else [],
            "connects to": [self.url] if self.url else [],
            "makes its workspace with": [shlex.join(command) for command in self.commands],
            "writes there the files": list(self.files),
            "sets": [f"{name}={value}" for name, value in self.settings],
            "is given the environment variables": list(self.variables),
        }
        return "; ".join(
            f"{what} {', '.join(f'`{on_one_line(one)}`' for one in ones)}"
            for what, ones in parts.items()
            if ones
        )


def demands(server: Server) -> Demands:
    """What starting or reaching a server does."""
    workspace = server.workspace
    return Demands(
        command=server.command,
        folder=server.folder,
        url=server.url,
        commands=workspace.commands if workspace else (),
        files=tuple(workspace.files) if workspace else (),
        settings=(*server.env.items(), *server.headers.items()),
        variables=server.variables,
    )


def server_to_try(
    spec: Server, registered: Server | None, trusts: Trusts, own: Server | None = None
) -> Server:
    """The server that a bundle's model is tried on.

    Args:
        spec: the bundle's.
        registered: the server of that name that is registered here; the same spec is taken as it.
        trusts: asks a person who reads what the bundle's own server would do.
        own: the server that a person names instead.

    Raises:
        BundleNotTrusted: it is no server of ours, and nobody has said that it may be started.
    """
    if own is not None:
        return own.model_copy(update={"include_tools": spec.include_tools})
    if spec.tools_file:  # its calls are simulated: nothing is started, whatever else stands there
        return Server(name=spec.name, tools_file=spec.tools_file, include_tools=spec.include_tools)
    if registered and registered.model_dump(include=_REACH) == spec.model_dump(include=_REACH):
        return registered.model_copy(update={"include_tools": spec.include_tools})
    description = (
        f"the bundle's server {on_one_line(spec.name)!r} is not one that is registered here. "
        f"Trying the model on it {demands(spec).text}"
    )
    if trusts(description):
        return spec
    raise BundleNotTrusted(
        f"{description}. Nothing of it was started: add --trust if you want that, or --server with "
        "a server of your own to try it on"
    )
