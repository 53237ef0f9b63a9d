"""A llama.cpp server in a process of its own: ``python -P llama_server.py …``.

It prints its address when it answers and ends when its standard input closes, so it never outlives
the process that started it, however that one ends. The server is the package xllamacpp in this
process, or a ``llama-server`` below it (``--program``).
"""

import argparse
import ctypes
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import httpx

_POLL_SECONDS = 0.05
_ENDING_SECONDS = 5
_PR_SET_PDEATHSIG = 1
"""Of prctl(2): the signal that the kernel sends to a process whose parent ends."""


def main() -> None:
    """Serve one GGUF file on the loopback interface until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--context", type=int, required=True, help="tokens of one slot")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--program", default="")
    options = parser.parse_args()
    if options.program:
        sys.exit(_run_program(options))
    _run_package(options)


def _run_package(options: argparse.Namespace) -> None:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = options.model
    parameters.n_ctx = options.context * options.slots
    parameters.n_parallel = options.slots
    parameters.cpuparams.n_threads = options.threads
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    _announce(server.listening_address)
    sys.stdin.read()


def _run_program(options: argparse.Namespace) -> int:
    """Run ``llama-server`` until standard input closes or it ends by itself; its exit status."""
    port = _free_port()
    process = subprocess.Popen(
        _arguments(options, port),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        preexec_fn=_end_with_parent(),
    )
    threading.Thread(target=_end_with_input, args=(process,), daemon=True).start()
    address = f"http://127.0.0.1:{port}"
    if _is_ready(process, address):
        _announce(address)
    return process.wait()


def _arguments(options: argparse.Namespace, port: int) -> list[str]:
    """The command line; every word of it is one that llama.cpp has had for a long time."""
    command = [options.program, "--model", options.model]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-webui", "--jinja"]
    command += ["--ctx-size", str(options.context * options.slots)]
    command += ["--parallel", str(options.slots), "--threads", str(options.threads)]
    # All layers on the GPU or an error: half a model on the CPU is an evaluation of hours. A build
    # without GPU ignores the number, as builds do that were made before the word "all" was known.
    command += ["--n-gpu-layers", "999"]
    # A build without OpenMP has threads of its own, which would spin; see ``llama_cpp.served``.
    return [*command, "--poll", "0"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> Callable[[], None] | None:
    """What a child does before it becomes the program: ask to be ended with this process.

    Closed input ends it as well; this is for a process that is killed before it can pass that on.
    """
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return lambda: library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_with_input(process: "subprocess.Popen[bytes]") -> None:
    sys.stdin.read()
    process.terminate()
    try:
        process.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _is_ready(process: "subprocess.Popen[bytes]", address: str) -> bool:
    """Wait until the model is loaded; False when the program ends instead."""
    with httpx.Client(base_url=address, trust_env=False, timeout=5) as client:
        while process.poll() is None:
            try:
                if client.get("/health").status_code == 200:
                    return True
            except httpx.TransportError:
                pass  # it does not listen yet
            time.sleep(_POLL_SECONDS)
    return False


def _announce(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
