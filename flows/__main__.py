"""``mcp-forge``: the same flows from a shell. Exit status 0 only when the work was done."""

import os
import sys

from pydantic import ValidationError
from pydantic_settings import CliApp

from flows.command_line import Commands
from flows.local_server import settle_environment
from profiles import ProfileError, explain
from tasks.domain.errors import ForgeError
from tasks.domain.untrusted.printable import printable


def main() -> None:
    """Run one command; one line on standard error says why it was not done."""
    settle_environment()
    # A person at a shell may start any program anyway; a deployment may not.
    os.environ.setdefault("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")
    try:
        CliApp.run(Commands)
    except (ForgeError, ProfileError) as error:
        sys.exit(f"mcp-forge: {printable(str(error))}")
    except ValidationError as error:
        sys.exit(f"mcp-forge: {printable(explain(error))}")
    except KeyboardInterrupt:
        sys.exit("mcp-forge: stopped by the keyboard; the same command goes on from what is done")


if __name__ == "__main__":
    main()
