"""Put llama.cpp's converter where mcp-forge looks for it: the part of a pinned source package.

    python infra/fetch_llama_cpp.py

The converter (MIT) lies in the source distribution of llama-cpp-python, not in its built wheels.
Nothing is compiled. Two vocabularies come with it, which the tests build stand-ins of large models
from. Run again, it does nothing.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from profiles.settings import Settings

PACKAGE = "llama-cpp-python==0.3.36"
NEEDED = (
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
    target = Settings().llama_cpp_dir
    if all((target / name).exists() for name in NEEDED):
        return
    with tempfile.TemporaryDirectory() as scratch:
        archive = _download(Path(scratch))
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, members=_needed(tar), filter="data")
        tree = next(Path(scratch).glob("*/vendor/llama.cpp"))
        shutil.copytree(tree, target, dirs_exist_ok=True)


def _download(folder: Path) -> Path:
    # Only this package as source: with «:all:» pip would build the build tools as well.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", "llama-cpp-python", "--dest", str(folder), PACKAGE]
    subprocess.run(command, check=True)
    return next(folder.glob("*.tar.gz"))


def _needed(tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    def is_needed(member: tarfile.TarInfo) -> bool:
        path = "/".join(Path(member.name).parts[3:])
        return "/vendor/llama.cpp/" in member.name and any(
            path == name or path.startswith(f"{name}/") for name in NEEDED
        )

    return [member for member in tar.getmembers() if is_needed(member)]


if __name__ == "__main__":
    main()
