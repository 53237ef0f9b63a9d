"""A tokenizer with a family's special tokens, learned here in a second, and how one is opened."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

QWEN = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
R1 = ("<｜begin▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>")  # noqa: RUF001


def write_tokenizer(
    folder: Path, template: str, special: Sequence[str], kept: Sequence[str] = ()
) -> Path:
    """Bytes and a few merges. The first special token begins a text, the last ends a turn.

    ``kept``: added tokens that stay when special ones are skipped.
    """
    # It takes three seconds of CPU to import, which many tests do without.
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["system user assistant tool call"], trainer)
    tokenizer.add_tokens([AddedToken(token, special=False) for token in kept])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=special[0],
        eos_token=special[-1],
        pad_token=special[0],
        chat_template=template,
    ).save_pretrained(str(folder))
    return folder


@cache
def opened(folder: Path) -> Any:
    """What a folder holds, as transformers opens it, and with it Unsloth and llama.cpp."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder))
