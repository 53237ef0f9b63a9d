"""What a GGUF file holds, in Hugging Face's words: facts, tensor names, weights."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from tasks.domain.errors import UnusableModel
from tasks.external.gguf_names import GgufNames

CONTROL_TOKEN = 3
"""The token type of a control token (gguf's TokenType.CONTROL)."""
_BLOCK_VALUES = 2**24
"""Weights in float32 that are in memory together where a tensor is read in blocks: 64 MiB."""
_LIST_HEAD, _TEXT_HEAD = 12, 8
"""Bytes in front of a list, its kind and length, and in front of a text, its length."""
_OF_ROTATION = ("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight")
"""Tensors that the converter derives from the configuration."""


class GgufFile:
    """One GGUF file, memory-mapped."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            UnusableModel: it is not a GGUF file.
        """
        try:
            self._reader = _reader(path)
        except (OSError, ValueError, IndexError) as error:
            raise UnusableModel(f"{path.name}: not a GGUF file: {error}") from error

    @cached_property
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
        """Whole tensors, as ``blocks`` has them."""
        for name, blocks in groupby(self.blocks(names, config), key=itemgetter(0)):
            yield name, np.concatenate([values for _, _, values in blocks])

    def blocks(
        self, names: Iterable[str], config: Mapping[str, Any]
    ) -> Iterator[tuple[str, int, "np.ndarray[Any, Any]"]]:
        """(name, first row, rows): tensors in float32, a few rows at a time.

        They have the model's own ``names`` and its own values; ``config`` is its config.json, which
        tells what llama.cpp's converter has changed.

        Raises:
            UnusableModel: an architecture or a tensor that is not known, on either side.
        """
        gguf_names = GgufNames(config)
        own = {gguf_names.of(name): name for name in names}
        for tensor in self._reader.tensors:
            if tensor.name in _OF_ROTATION:
                continue
            if tensor.name not in own:
                raise UnusableModel(f"unknown tensor {tensor.name!r} in the GGUF file")
            name = own[tensor.name]
            rows = len(tensor.data) if gguf_names.reorders(name) else _rows_of_a_block(tensor)
            for row, values in _in_blocks(tensor, rows):
                yield name, row, gguf_names.restored(name, values)


def _reader(path: Path) -> Any:
    """gguf's own reader, on a plain view of the file, with a list read at once.

    It reads the elements of a list one by one, several slices for each token and merge, and a
    memmap looks each time for what a slice shares with it: a vocabulary of 128,000 tokens took 14 s
    on each opening. What differs in file order from this machine is left to it.
    """
    from gguf import GGUFReader, GGUFValueType

    class Reader(GGUFReader):  # type: ignore[misc]
        @property
        def data(self) -> "np.ndarray[Any, Any]":
            return self._view

        @data.setter
        def data(self, mapped: "np.ndarray[Any, Any]") -> None:
            self._view = mapped.view(np.ndarray)

        def _get_field_parts(
            self, orig_offs: int, raw_type: int
        ) -> tuple[int, list[Any], list[int], list[GGUFValueType]]:
            if raw_type == GGUFValueType.ARRAY and self.byte_order == "I":
                kind = GGUFValueType(self._get(orig_offs, np.uint32)[0])
                count = int(self._get(orig_offs + 4, np.uint64)[0])
                begin, types = orig_offs + _LIST_HEAD, [GGUFValueType.ARRAY, kind]
                if kind == GGUFValueType.STRING:
                    texts, end = _texts(self.data.data, begin, count)
                    return end - orig_offs, texts, list(range(count)), types
                if kind in self.gguf_scalar_to_np:
                    numbers = self._get(begin, self.gguf_scalar_to_np[kind], count)
                    return _LIST_HEAD + numbers.nbytes, [numbers], [0], types
            parts: tuple[int, list[Any], list[int], list[GGUFValueType]]
            parts = super()._get_field_parts(orig_offs, raw_type)
            return parts

    return Reader(path)


def _texts(view: memoryview, begin: int, count: int) -> tuple[list[memoryview], int]:
    """The bytes of each text of a list, and the place behind the last one.

    Raises:
        ValueError: the file ends before the list.
    """
    texts, size = [], len(view)
    for _ in range(count):
        start = begin + _TEXT_HEAD
        end = start + int.from_bytes(view[begin:start], sys.byteorder)
        if end > size:
            raise ValueError("it ends inside its header")
        texts.append(view[start:end])
        begin = end
    return texts, begin


def _rows_of_a_block(tensor: Any) -> int:
    return max(1, _BLOCK_VALUES * len(tensor.data) // int(tensor.n_elements))


def _in_blocks(tensor: Any, rows: int) -> Iterator[tuple[int, "np.ndarray[Any, Any]"]]:
    """(first row, rows in float32): an embedding of 150,000 words is 3 GiB when it is whole."""
    from gguf.quants import dequantize

    for row in range(0, len(tensor.data), rows):
        yield row, dequantize(tensor.data[row : row + rows], tensor.tensor_type)
