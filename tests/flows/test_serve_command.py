"""``mcp-forge serve`` as a person starts and ends it: a process, a port, a signal."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.fakes.bundles import REPEAT, write_real_bundle
from tests.helpers.processes import end

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
_ENDING_SECONDS = 60


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole one, with the real small model."""
    return write_real_bundle(tmp_path_factory.mktemp("bundles") / "bundle")


@contextmanager
def serving(bundle: Path, *flags: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The command on a free port, with the address that its first line says."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "flows", "serve", str(bundle), "--port", "0", *flags],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            address = re.search(r" at (http://127\.0\.0\.1:\d+/v1); Ctrl-C ends it$", line)
            assert address, line
            yield process, address[1]
        finally:
            end(process)


def call_in(completion: dict[str, Any], executed: bool) -> str:
    """The name of the call that was made, or that the client is to make."""
    if executed:
        return str(completion["executed_calls"][0]["name"])
    return str(completion["choices"][0]["message"]["tool_calls"][0]["function"]["name"])


@pytest.mark.parametrize(
    ("flags", "ends"),
    [((), signal.SIGINT), (("--execute",), signal.SIGTERM)],
    ids=["calls go to the client, Ctrl-C", "calls are made here, SIGTERM"],
)
def test_an_endpoint_answers_over_http_and_ends_with_all_that_it_started(
    flags: tuple[str, ...], ends: signal.Signals, bundle: Path
) -> None:
    question = {"messages": [{"role": "user", "content": REPEAT}]}
    with serving(bundle, *flags) as (process, url):
        answer = httpx.post(f"{url}/chat/completions", json=question, timeout=120, trust_env=False)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(ends)
        output, log = process.communicate(timeout=_ENDING_SECONDS)
    assert answer.status_code == 200, answer.text
    assert call_in(answer.json(), executed=bool(flags)) == "get_current_time"
    assert (process.returncode, output) == (0, "")
    request, *_, last = log.splitlines()
    assert 'get_current_time {"timezone": "Asia/Tokyo"}' in request
    assert last == "ended"
    assert children, "a model is served by a process of its own"
    _, left = psutil.wait_procs(children, timeout=_ENDING_SECONDS)
    assert left == []
