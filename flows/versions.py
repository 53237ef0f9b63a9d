"""What a person decides about versions, as runs that stay in Prefect with their events."""

from prefect import flow

from tasks.domain.products import Bundle
from tasks.move_champion import move_champion, roll_back
from tasks.push_version import push_version
from tasks.reporting.cancellation import cancel_tasks
from tasks.reporting.subject import run_name


@flow(flow_run_name=run_name, on_cancellation=[cancel_tasks])
def promote(name: str, version: str, reason: str = "a person chose it") -> Bundle:
    """Make a version the champion, whatever was measured.

    Args:
        name: the bundle's, of server and model, such as time-smollm2.
        version: its id, or how that begins.
        reason: it stands among the decisions.
    """
    return move_champion(name, version, reason)


@flow(flow_run_name=run_name, on_cancellation=[cancel_tasks])
def rollback(name: str, reason: str = "a person went back") -> Bundle:
    """Go back to the champion before this one.

    Args:
        name: the bundle's, of server and model, such as time-smollm2.
        reason: it stands among the decisions.
    """
    return roll_back(name, reason)


@flow(flow_run_name=run_name, on_cancellation=[cancel_tasks])
def push(
    name: str, repository: str, version: str = "", private: bool = True, token_secret: str = ""
) -> str:
    """Put a version on the Hugging Face hub: adapter, GGUF file, proofs, model and dataset card.

    Args:
        name: the bundle's, of server and model, such as time-smollm2.
        repository: on the hub, owner and name, such as you/time-smollm2; made if it is not there.
        version: its id, or how that begins; the champion when empty.
        private: whether a new repository is private.
        token_secret: the Secret block that holds the hub's token; HF_TOKEN when empty.
    """
    return push_version(name, repository, version, private, token_secret)
