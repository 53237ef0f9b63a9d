"""A bundle with the server that it may be tried on: sums first, then trust, then the tools."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from profiles import Server, find_server, resolve_server
from tasks.domain.bundle.checks import OpenedBundle, check_tools
from tasks.domain.bundle.trust import Trusts, server_to_try
from tasks.domain.products import Toolset
from tasks.external.bundle_folder import open_bundle
from tasks.external.servers import housed, read_toolset_of


@contextmanager
def with_server(
    folder: str, server: str, trusts: Trusts
) -> Iterator[tuple[OpenedBundle, Server, Toolset]]:
    """The bundle, a server whose tools are those that it learned, and these tools.

    Args:
        folder: the bundle's.
        server: a server of one's own, instead of the one that the bundle names.
        trusts: asks whether the bundle's own server may be started that is not registered here.

    Raises:
        BundleInvalid: a file is missing or altered, or the server's tools have changed.
        BundleNotTrusted: nobody allowed its server; the message says what it would do.
        ServerFailed: the server cannot be started.
    """
    bundle = open_bundle(Path(folder))
    own = resolve_server(server) if server else None
    server_spec = server_to_try(bundle.server, find_server(bundle.server.name), trusts, own)
    with housed(server_spec, apart=server_spec is bundle.server) as ready_server:
        toolset = read_toolset_of(ready_server)
        check_tools(toolset, bundle)
        yield bundle, ready_server, toolset
