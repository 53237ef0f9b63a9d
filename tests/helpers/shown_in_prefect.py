"""What a run shows in Prefect: its events, and the text of its artifacts."""

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.artifacts import Artifact
from prefect.events import Event
from prefect.events.clients import AssertingEventsClient
from prefect.events.worker import EventsWorker


@contextmanager
def heard() -> Iterator[list[Event]]:
    """The events that are emitted meanwhile, complete when the block ends."""
    events: list[Event] = []
    AssertingEventsClient.reset()
    EventsWorker.set_client_override(AssertingEventsClient)
    worker = EventsWorker.instance()
    try:
        yield events
    finally:
        worker.wait_until_empty()
        worker.drain()
        events += [event for client in AssertingEventsClient.all for event in client.events]
        EventsWorker.set_client_override(None)
        AssertingEventsClient.reset()


def text(key: str) -> str:
    """The newest artifact of a key."""
    artifact = Artifact.get(key)
    assert artifact is not None, key
    return str(artifact.data)
