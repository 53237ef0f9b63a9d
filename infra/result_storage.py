"""Let Prefect keep results where the files of runs are kept, so that two machines share both.

Results are references to files: small, but a run that goes on elsewhere needs them. With a storage
that is an fsspec URI, the block made here holds them; name it to workers and to whoever waits:
``PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK=remote-file-system/mcp-forge-results``.
"""

import sys

from prefect.filesystems import RemoteFileSystem

from profiles.settings import Settings

NAME = "mcp-forge-results"
BLOCK = f"remote-file-system/{NAME}"


def settle(settings: Settings) -> str:
    """Make or update the block; its name for the environment, or "" for a storage on a disk.

    Keys and addresses come from the environment of each machine, never from the block.
    """
    if "://" not in settings.storage_uri:
        return ""
    RemoteFileSystem(basepath=f"{settings.storage_uri.rstrip('/')}/results").save(
        NAME, overwrite=True
    )
    return BLOCK


def main() -> None:
    """Make the block at the configured API and print its name."""
    sys.stdout.write(f"{settle(Settings())}\n")


if __name__ == "__main__":
    main()
