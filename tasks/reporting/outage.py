"""A Prefect API that is out of reach for a while: what is under way is waited for."""

from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectHTTPStatusError

OUTAGES = (httpx.TransportError, PrefectHTTPStatusError)
"""What a request to an API ends with that is away; ``is_away`` says whether it is."""


def is_away(error: object) -> bool:
    """Whether it says that the API is out of reach, or refuses for now: 503 for a locked SQLite."""
    if isinstance(error, PrefectHTTPStatusError):
        return bool(error.response.is_server_error)
    return isinstance(error, httpx.TransportError)


def read_run(run_id: UUID) -> FlowRun | None:
    """The run as it is now; None while the API is away."""
    try:
        with get_client(sync_client=True) as client:
            return client.read_flow_run(run_id)
    except OUTAGES as error:
        if not is_away(error):
            raise
        return None
