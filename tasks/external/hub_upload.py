"""Put files into a repository of the Hugging Face hub, as one commit."""

from collections.abc import Mapping
from pathlib import Path

import httpx

from tasks.domain.errors import PushFailed


def upload(
    repository: str, files: Mapping[str, Path | str], message: str, *, private: bool, token: str
) -> str:
    """Make the repository if it is not there, and commit the files; the commit's address.

    A file that the hub has already is not sent again. ``files`` are paths, or texts.

    Raises:
        PushFailed: no token, no right to write there, or no network.
    """
    from huggingface_hub import CommitOperationAdd, HfApi, get_token

    if not (token or get_token()):
        raise PushFailed(
            f"{repository}: no token; needed HF_TOKEN, or a Prefect Secret block by --token-secret"
        )
    api = HfApi(token=token or None)
    operations = [
        CommitOperationAdd(name, content.encode() if isinstance(content, str) else content)
        for name, content in sorted(files.items())
    ]
    try:
        api.create_repo(repository, private=private, exist_ok=True)
        commit = api.create_commit(repository, operations, commit_message=message)
    except (httpx.HTTPError, OSError, ValueError) as error:  # ValueError: no repository's name
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise PushFailed(f"{repository}: the hub does not take it: {lines[0]}") from error
    return str(commit.commit_url)
