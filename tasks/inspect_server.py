"""Stage 2: server → Toolset. Always run, never cached: tools drift."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import Server
from tasks.domain.products import Toolset
from tasks.external.servers import read_toolset_of
from tasks.reporting import events


@task(
    cache_policy=NO_CACHE, retries=1, retry_delay_seconds=5, on_completion=[events.stage_completed]
)
def inspect_server(server: Server) -> Toolset:
    """List the server's tools.

    Raises:
        ServerFailed: it cannot be started, reached or understood.
        UnusableTool: a tool's schema cannot be used.
    """
    return read_toolset_of(server)
