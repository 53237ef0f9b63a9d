"""Base and adapter in a process of their own, asked greedily: ``python -P adapter_process.py``.

A request comes as one JSON object on standard input, each answer leaves as a JSON line. The process
that trains has had transformers' classes replaced by Unsloth, whose generation is another; here
they are as everybody's are. It ends when nobody reads what it writes.
"""

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

Row = dict[str, Any]
"""A prompt: its ``number`` and ``ids``."""


def main() -> None:
    """Answer the prompts of one request, those of a group behind the prefix that they share."""
    request = json.load(sys.stdin)
    torch.set_num_threads(min(torch.get_num_threads(), request["threads"]))
    model = opened(Path(request["base"]), Path(request["adapter"]), in_4bit=request["in_4bit"])
    limit, stop = request["max_tokens"], set(request["stop"])
    with torch.inference_mode():
        for group in request["groups"]:
            for number, ids in answers(model, group, limit, stop, request["at_once"]):
                sys.stdout.write(json.dumps({"number": number, "ids": ids}) + "\n")
                sys.stdout.flush()


def opened(base: Path, adapter: Path, *, in_4bit: bool) -> Any:
    """The base as training computes with it, and the adapter beside it, not merged."""
    from peft import PeftModel
    from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig

    on_gpu = torch.cuda.is_available()
    half = (
        torch.bfloat16
        if on_gpu and torch.cuda.is_bf16_supported(including_emulation=False)
        else torch.float16
    )
    options: dict[str, Any] = {"dtype": half if on_gpu else torch.float32}
    is_packed = hasattr(AutoConfig.from_pretrained(str(base)), "quantization_config")
    if in_4bit and not is_packed:
        # The settings of Unsloth's 4-bit loading.
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=options["dtype"],
        )
    options["device_map"] = {"": "cuda:0" if on_gpu else "cpu"}
    model = AutoModelForCausalLM.from_pretrained(str(base), local_files_only=True, **options)
    return PeftModel.from_pretrained(model, str(adapter)).eval()


def answers(
    model: Any, group: list[Row], limit: int, stop: set[int], at_once: int
) -> Iterator[tuple[int, list[int]]]:
    """(number, tokens of the answer) of each prompt; the prefix of all is computed once.

    ``at_once``: prompts of a batch; fewer where memory runs out.
    """
    rows = sorted(group, key=lambda row: len(row["ids"]))
    shared = shared_length([row["ids"] for row in rows])
    prefix = None
    if shared:
        first = torch.tensor([rows[0]["ids"][:shared]], device=model.device)
        prefix = model(input_ids=first, use_cache=True, logits_to_keep=1).past_key_values
    # A padded row lies further from its prefix, which layers that look back so far would notice.
    if model.config.get_text_config().to_dict().get("sliding_window"):
        at_once = 1
    while rows:
        batch = rows[:at_once]
        try:
            sequences = continued(
                model, prefix, [row["ids"][shared:] for row in batch], limit, stop
            )
        except torch.OutOfMemoryError:
            if at_once == 1:
                raise
            at_once //= 2
            continue
        rows = rows[at_once:]
        yield from ((row["number"], ids) for row, ids in zip(batch, sequences, strict=True))


def shared_length(prompts: list[list[int]]) -> int:
    """How many first tokens all prompts share; one token of each stays outside, to go on from."""
    least, most = min(prompts), max(prompts)
    longest = min(map(len, prompts)) - 1
    pairs = zip(least[:longest], most[:longest], strict=True)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), longest)


def continued(
    model: Any, prefix: Any, rows: list[list[int]], limit: int, stop: set[int]
) -> list[list[int]]:
    """What the model says behind the prefix and each row, up to and with a stop or to the limit."""
    cache = copy.deepcopy(prefix)
    if cache is not None:
        cache.batch_repeat_interleave(len(rows))
    shared = cache.get_seq_length() if cache is not None else 0
    width, device = max(map(len, rows)), model.device
    ids = torch.tensor([[0] * (width - len(row)) + row for row in rows], device=device)
    # Padding stands between the prefix and a row: nothing looks at it, and no position counts it.
    own = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=device)
    mask = torch.cat((torch.ones(len(rows), shared, dtype=own.dtype, device=device), own), dim=1)
    places = (shared + own.cumsum(dim=1) - 1).clamp(min=0)
    sequences: list[list[int]] = [[] for _ in rows]
    is_open = [True] * len(rows)
    for _ in range(limit):
        out = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=places,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        cache, ids = out.past_key_values, out.logits[:, -1:].argmax(dim=-1)
        for row, token in enumerate(ids[:, 0].tolist()):
            if is_open[row]:
                sequences[row].append(token)
                is_open[row] = token not in stop
        if not any(is_open):
            break
        mask = torch.cat((mask, torch.ones_like(mask[:, :1])), dim=1)
        places = places[:, -1:] + 1
    return sequences


if __name__ == "__main__":
    main()
