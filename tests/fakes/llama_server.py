"""A ``llama-server`` for machines without one: its command line, served by the package.

Like the real one it logs to standard error, does not read its input and runs until it is ended.
"""

import argparse
import signal
import sys
from pathlib import Path

PROGRAM = """#!/bin/sh
exec {python} -m tests.fakes.llama_server "$@"
"""


def install(folder: Path) -> Path:
    """Put the program into a folder; its path."""
    program = folder / "llama-server"
    program.write_text(PROGRAM.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    return program


def main() -> None:
    """Serve one GGUF file until a signal comes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", action="version", version="version: 1 (fake)")
    parser.add_argument("--model", required=True)
    parser.add_argument("--host", required=True)
    for name in ("--port", "--ctx-size", "--parallel", "--threads", "--n-gpu-layers", "--poll"):
        parser.add_argument(name, type=int, required=True)
    for name in ("--no-webui", "--jinja"):
        parser.add_argument(name, action="store_true", required=True)
    asked = parser.parse_args()

    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = asked.model
    parameters.hostnames = [asked.host]
    parameters.port = asked.port
    parameters.n_ctx = asked.ctx_size
    parameters.n_parallel = asked.parallel
    parameters.cpuparams.n_threads = asked.threads
    server = xllamacpp.Server(parameters)
    sys.stderr.write(f"listening on {server.listening_address}\n")
    signal.pause()


if __name__ == "__main__":
    main()
