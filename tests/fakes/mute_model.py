"""A tiny model that ends every answer at once: it calls no tool, and says nothing either."""

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

_LOUD = 2.0


def mute(base: Path, folder: Path) -> Path:
    """Copy a tiny model; its copy's first word is always the end of its turn.

    One dimension is the same for every token, survives both layers, and is all that the last norm
    lets through; the token that ends a turn has twice as much of it as any other.
    """
    shutil.copytree(base, folder)
    weights = load_file(folder / "model.safetensors")
    embeddings = weights["model.embed_tokens.weight"]
    embeddings[:, 0] = 1
    embeddings[_end(folder), 0] = _LOUD
    for name, values in weights.items():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            values[0] = 0
    weights["model.norm.weight"] = np.zeros_like(weights["model.norm.weight"])
    weights["model.norm.weight"][0] = _LOUD
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _end(folder: Path) -> int:
    words = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    return next(int(word["id"]) for word in words if word["content"] == "<|im_end|>")
