"""Ask base and adapter as they were trained, by transformers: what the GGUF is compared with."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from tasks.domain.conversations import Row
from tasks.domain.errors import MachineTooSmall, UnusableModel
from tasks.domain.toolcalls import is_inside_thought, tool_names
from tasks.domain.training.memory_fallbacks import says_out_of_memory
from tasks.domain.training.requirements import PROMPTS_AT_ONCE
from tasks.external.limits import usable_cores
from tasks.external.tokenizer import ChatTokenizer

_PROGRAM = Path(__file__).parent / "trainer" / "adapter_process.py"


def adapter_answers(
    base: Path, adapter: Path, rows: Sequence[Row], *, max_tokens: int, in_4bit: bool
) -> Iterator[tuple[int, str | None]]:
    """(place, what the model says) to the prompt of each row, as soon as it is there, in any order.

    None where the thought was cut off. Every control token ends an answer, as the stop token does.

    Args:
        base: the base model's folder.
        adapter: the adapter's.
        rows: what is asked; those with one tool list share its keys and values.
        max_tokens: of an answer.
        in_4bit: whether the adapter was trained beside weights in 4 bit.

    Raises:
        MachineTooSmall: the process was ended from outside, as where memory runs out.
        UnusableModel: it failed by itself; the message has its last words.
    """
    tokenizer = ChatTokenizer(base)
    prompts = [tokenizer.render(row.prompt, row.listed, add_generation_prompt=True) for row in rows]
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for place, (row, prompt) in enumerate(zip(rows, prompts, strict=True)):
        entry = {"number": place, "ids": tokenizer.ids(prompt)}
        groups.setdefault(tool_names(row.listed), []).append(entry)
    request = {
        "base": str(base),
        "adapter": str(adapter),
        "in_4bit": in_4bit,
        "max_tokens": max_tokens,
        "at_once": PROMPTS_AT_ONCE,
        "threads": usable_cores(),
        "stop": sorted(tokenizer.control_ids),
        "groups": list(groups.values()),
    }
    for answer in _lines(request):
        place, ids = answer["number"], answer["ids"]
        is_cut = ids[-1] not in tokenizer.control_ids
        text = tokenizer.words(ids)
        is_cut_thought = is_cut and is_inside_thought(prompts[place], text)
        yield place, None if is_cut_thought else text


def _lines(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The JSON lines that the process writes; it ends with this iterator."""
    with (
        tempfile.TemporaryFile("w+") as standard_input,
        tempfile.TemporaryFile("w+", errors="replace") as log,
    ):
        json.dump(request, standard_input)
        standard_input.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-P", str(_PROGRAM)],
            stdin=standard_input,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield from map(json.loads, process.stdout)
            status = process.wait()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        if status:
            raise _failure(status, log)


def _failure(status: int, log: IO[str]) -> MachineTooSmall | UnusableModel:
    log.seek(0)
    words = log.read().strip().splitlines()[-1:]
    if status < 0 or says_out_of_memory("".join(words)):
        ended = f"signal {-status}" if status < 0 else "".join(words)
        return MachineTooSmall(
            f"the adapter could not be asked as it was trained ({ended}): needed memory for base "
            "and adapter, or evaluation.adapter_prompts = 0"
        )
    return UnusableModel(f"the adapter cannot be asked as it was trained: {''.join(words)}")
