"""Push a version as a worker does: ``python -m tests.fakes.push name repository version``."""

import sys

from tasks.domain.errors import ForgeError
from tasks.push_version import push_version

if __name__ == "__main__":
    try:
        sys.stdout.write(push_version.fn(*sys.argv[1:4], private=True, token_secret=""))
    except ForgeError as error:
        sys.exit(f"{type(error).__name__}: {error}")
