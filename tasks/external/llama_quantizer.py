"""Quantise a GGUF file in a process of its own: ``python -P llama_quantizer.py …``.

A native abort then ends this process and not a run. Uses cyllama's binding of llama.cpp.
"""

import sys

FILE_TYPES = {"q4_k_m": 15, "q5_k_m": 17}
"""llama.cpp's ``llama_ftype`` of each name (include/llama.h)."""


def main() -> None:
    """Quantise ``argv[1]`` into ``argv[2]`` as ``argv[3]``."""
    from cyllama.llama import llama_cpp

    source, target, quantization = sys.argv[1:]
    parameters = llama_cpp.LlamaModelQuantizeParams()
    parameters.ftype = FILE_TYPES[quantization]
    llama_cpp.model_quantize(source, target, parameters)


if __name__ == "__main__":
    main()
