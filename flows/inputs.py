"""What a command is given, looked at before anything starts."""

from pathlib import Path

from profiles import resolve_server
from profiles.files import is_pipe_or_device
from tasks.domain.errors import ForgeError


def check_files(*arguments: str, **files: str) -> None:
    """Look whether the files are there; the names are those of the flags.

    Raises:
        ForgeError: one is not.
    """
    flags = {f"--{name.replace('_', '-')} {file}": file for name, file in files.items()}
    for typed, file in [*zip(arguments, arguments, strict=True), *flags.items()]:
        if file and not Path(file).exists():
            raise ForgeError(f"{typed}: no such file")
        if file and is_pipe_or_device(Path(file)):
            raise ForgeError(f"{typed}: is a pipe or a device, needed a file")


def chosen_server(server: str, tools: str) -> str:
    """What stands for the server: one of the two flags.

    Raises:
        ForgeError: both or neither were given, or the tool list is none or is not there.
        ProfileError: it is no server.
    """
    if bool(server) == bool(tools):
        number = "both" if server else "neither"
        raise ForgeError(f"needed one of --server and --tools, found {number}")
    spec = resolve_server(server or tools)
    if tools and not spec.tools_file:
        raise ForgeError(
            f"--tools {tools}: needed a file with a tool list, in .json or .yaml; "
            "a server is named with --server"
        )
    if server:
        check_files(server=spec.tools_file)
    else:
        check_files(tools=tools)
    return server or tools
