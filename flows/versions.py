"""What a person decides about versions, as runs that stay in Prefect with their events."""

from prefect import flow

from tasks.domain.products import Bundle
from tasks.move_champion import move_champion, roll_back


@flow
def promote(name: str, version: str, reason: str = "a person chose it") -> Bundle:
    """Make a version the champion, whatever was measured.

    Args:
        name: the bundle's, as in dist: <server>-<model>.
        version: its id, or how that begins.
        reason: it stands among the decisions.
    """
    return move_champion(name, version, reason)


@flow
def rollback(name: str, reason: str = "a person went back") -> Bundle:
    """Go back to the champion before this one.

    Args:
        name: the bundle's, as in dist: <server>-<model>.
        reason: it stands among the decisions.
    """
    return roll_back(name, reason)
