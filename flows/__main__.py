"""``mcp-forge``: the same flows from a shell. Exit status 0 only when the work was done."""

import os
import sys

from pydantic import ValidationError
from pydantic_settings import SettingsError

from flows.command_line import Commands, run_command
from flows.local_server import settle_environment
from flows.usage import explain_arguments, explain_environment, explain_usage
from profiles import ProfileError, explain
from tasks.domain.errors import ForgeError
from tasks.domain.untrusted.printable import printable


def main() -> None:
    """Run one command; one line on standard error says why it was not done."""
    # A person at a shell may start any program anyway; a deployment may not.
    os.environ.setdefault("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")
    try:
        settle_environment()
        run_command()
    except BrokenPipeError:
        # Whoever read the output has read enough; the interpreter must not write the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ForgeError, ProfileError, OSError) as error:
        _end(str(error), 1)
    except SettingsError as error:
        _end(explain_usage(str(error), sys.argv[1:], Commands), 2)
    except ValidationError as error:
        _end(*_explained(error))
    except KeyboardInterrupt:
        _end("stopped by the keyboard; the same command goes on from what is done", 1)


def _explained(error: ValidationError) -> tuple[str, int]:
    """What is wrong, and the exit status: 2 where the command cannot be understood."""
    if error.title == "Commands":
        return explain_arguments(error, Commands), 2
    if error.title == "Settings":
        return explain_environment(error), 2
    return explain(error), 1


def _end(reason: str, status: int) -> None:
    sys.stderr.write(f"mcp-forge: {printable(reason)}\n")
    sys.exit(status)


if __name__ == "__main__":
    main()
