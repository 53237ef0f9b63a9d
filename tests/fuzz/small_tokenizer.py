"""A tokenizer trained here, with SmolLM2's chat template and control tokens: opened in a second."""

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from profiles import load_model

if TYPE_CHECKING:
    from tasks.external.tokenizer import ChatTokenizer


@cache
def small_tokenizer() -> "ChatTokenizer":
    """Made once in a process."""
    # They take three seconds of CPU to import, which half of the targets do without.
    from transformers import PreTrainedTokenizerFast

    from tasks.external.tokenizer import ChatTokenizer

    end = "<|im_end|>"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>", "<|im_start|>", end],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["system user assistant tool call"], trainer)
    whole = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|im_start|>", eos_token=end, pad_token=end
    )
    whole.chat_template = load_model("smollm2").template_text
    with tempfile.TemporaryDirectory() as folder:
        whole.save_pretrained(folder)
        return ChatTokenizer(Path(folder))
