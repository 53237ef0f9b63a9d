"""A llama.cpp server in a process of its own: ``python -P llama_server.py …``.

It prints its address when it answers and ends when its standard input closes, so it never outlives
the process that started it, however that one ends.
"""

import argparse
import sys


def main() -> None:
    """Serve one GGUF file on the loopback interface until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--context", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()

    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = options.model
    parameters.n_ctx = options.context
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = options.threads
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
