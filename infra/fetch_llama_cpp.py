"""Put llama.cpp's converter where mcp-forge looks for it: the part of a pinned source package.

    python infra/fetch_llama_cpp.py

The converter (MIT) lies in the source distribution of llama-cpp-python, not in its built wheels.
Nothing is compiled. Run again, it does nothing.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from profiles.settings import Settings

PACKAGE = "llama-cpp-python==0.3.36"
NEEDED = ("convert_hf_to_gguf.py", "convert_lora_to_gguf.py", "conversion", "gguf-py", "LICENSE")


def main() -> None:
    """Download, unpack the needed part, move it into place."""
    target = Settings().llama_cpp_dir
    if (target / NEEDED[0]).is_file():
        return
    with tempfile.TemporaryDirectory() as scratch:
        archive = _download(Path(scratch))
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, members=_needed(tar), filter="data")
        tree = next(Path(scratch).glob("*/vendor/llama.cpp"))
        _place(tree, target)


def _place(tree: Path, target: Path) -> None:
    """Move a tree to its place whole: what was broken off before is replaced."""
    if target.exists() and not target.is_relative_to(sys.prefix):
        sys.exit(f"{target} (MCP_FORGE_LLAMA_CPP_DIR) has no {NEEDED[0]}; needed one, or no folder")
    draft = target.with_name(f".{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(tree, draft)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def _download(folder: Path) -> Path:
    # Only this package as source: with «:all:» pip would build the build tools as well.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", "llama-cpp-python", "--dest", str(folder), PACKAGE]
    subprocess.run(command, check=True)
    return next(folder.glob("*.tar.gz"))


def _needed(tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    def part(member: tarfile.TarInfo) -> str:
        names = Path(member.name).parts
        return names[3] if names[1:3] == ("vendor", "llama.cpp") and len(names) > 3 else ""

    return [member for member in tar.getmembers() if part(member) in NEEDED]


if __name__ == "__main__":
    main()
