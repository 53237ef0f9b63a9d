"""Put llama.cpp's converter where mcp-forge looks for it: the part of a pinned source package.

    python infra/fetch_llama_cpp.py
    python infra/fetch_llama_cpp.py --sources FOLDER

The converter (MIT) lies in the source distribution of llama-cpp-python, not in its built wheels.
Nothing is compiled. Two vocabularies come with it, which the tests build stand-ins of large models
from. Run again, it does nothing. The second form puts all of llama.cpp into a new folder: what a
``llama-server`` is built from (infra/Dockerfile).
"""

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from profiles.settings import Settings

PACKAGE = "llama-cpp-python==0.3.36"
REQUIRED_FILES = (
    "convert_hf_to_gguf.py",
    "convert_lora_to_gguf.py",
    "conversion",
    "gguf-py",
    "LICENSE",
    "models/ggml-vocab-llama-bpe.gguf",
    "models/ggml-vocab-qwen2.gguf",
)


def main() -> None:
    """Download, unpack the needed part, move it into place."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sources", type=Path, help="a folder for all of llama.cpp")
    sources: Path | None = parser.parse_args().sources
    target = sources or Settings().llama_cpp_dir
    if all((target / name).exists() for name in REQUIRED_FILES):
        return
    with tempfile.TemporaryDirectory() as scratch:
        archive = _download(Path(scratch))
        with tarfile.open(archive) as tar:
            members = list(_llama_cpp(tar)) if sources else list(_converter(tar))
            tar.extractall(scratch, members=members, filter="data")
        tree = next(Path(scratch).glob("*/vendor/llama.cpp"))
        _place(tree, target)


def _place(tree: Path, target: Path) -> None:
    """Move a tree to its place whole: what was broken off before is replaced."""
    if target.exists() and not target.is_relative_to(sys.prefix):
        missing = next(name for name in REQUIRED_FILES if not (target / name).exists())
        sys.exit(f"{target} has no {missing}; needed a tree of llama.cpp, or no folder")
    draft = target.with_name(f".{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(tree, draft)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def _download(folder: Path) -> Path:
    # Only this package as source: with ":all:" pip would build the build tools as well.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", "llama-cpp-python", "--dest", str(folder), PACKAGE]
    subprocess.run(command, check=True)
    return next(folder.glob("*.tar.gz"))


def _llama_cpp(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar.getmembers():
        if Path(member.name).parts[1:3] == ("vendor", "llama.cpp"):
            yield member


def _converter(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in _llama_cpp(tar):
        path = "/".join(Path(member.name).parts[3:])
        if any(path == name or path.startswith(f"{name}/") for name in REQUIRED_FILES):
            yield member


if __name__ == "__main__":
    main()
