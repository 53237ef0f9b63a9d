"""What a GGUF file holds, in Hugging Face's words: facts, tensor names, weights."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tasks.domain.errors import UnusableModel
from tasks.external.gguf_names import GgufNames

CONTROL_TOKEN = 3
"""The token type of a control token (gguf's TokenType.CONTROL)."""
_OF_ROTATION = ("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight")
"""Tensors that the converter derives from the configuration."""


class GgufFile:
    """One GGUF file, memory-mapped."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            UnusableModel: it is not a GGUF file.
        """
        from gguf import GGUFReader

        try:
            self._reader = GGUFReader(path)
        except (OSError, ValueError, IndexError) as error:
            raise UnusableModel(f"{path.name}: not a GGUF file: {error}") from error

    @cached_property  # reading the vocabulary takes seconds
    def facts(self) -> dict[str, Any]:
        """Every key and value of the header."""
        return {
            key: field.contents()
            for key, field in self._reader.fields.items()
            if not key.startswith("GGUF.")
        }

    @property
    def tensor_names(self) -> set[str]:
        """The tensors' names as llama.cpp writes them."""
        return {tensor.name for tensor in self._reader.tensors}

    def weights(
        self, names: Iterable[str], config: Mapping[str, Any]
    ) -> Iterator[tuple[str, "np.ndarray[Any, Any]"]]:
        """Tensors in float32 under the model's own ``names`` and with its own values.

        ``config``: the model's config.json, which tells what llama.cpp's converter has changed.

        Raises:
            UnusableModel: an architecture or a tensor that is not known, on either side.
        """
        from gguf.quants import dequantize

        known = GgufNames(config)
        own = {known.of(name): name for name in names}
        for tensor in self._reader.tensors:
            if tensor.name in _OF_ROTATION:
                continue
            if tensor.name not in own:
                raise UnusableModel(f"unknown tensor {tensor.name!r} in the GGUF file")
            name = own[tensor.name]
            yield name, known.restored(name, dequantize(tensor.data, tensor.tensor_type))
