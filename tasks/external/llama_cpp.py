"""llama.cpp: convert a model folder to GGUF, quantise it, serve it."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from profiles import Quantization
from profiles.settings import Settings
from tasks.domain import Frozen
from tasks.domain.errors import ExportFailed, MachineTooSmall
from tasks.domain.training.requirements import DIRECT
from tasks.external.limits import usable_cores

_VERSION_SECONDS = 60
"""The longest that a ``llama-server`` may take to say its version: CUDA's libraries are large."""
_LITTLE_SPINNING = {"GOMP_SPINCOUNT": "1000"}
"""OpenMP's threads go to sleep when they have waited for each other a moment: the count that GNU's
OpenMP takes where it sees more threads than cores. Figures in docs/evaluation.md."""
_FACTS = "gguf-metadata.json"
_PROGRESS = re.compile(r"Writing: +(\d+)%")
"""The bar of the converter; it draws a new one behind a carriage return."""
_BESIDE = Path(__file__).parent
"""Programs of ours are started by file and with -P: ``-m`` would look for them in the working
directory first, whoever wrote what lies there."""


def missing_for(quantization: Quantization) -> list[str]:
    """What this machine lacks to write such a file; empty when it can."""
    missing = []
    if not (Settings().llama_cpp_dir / "convert_hf_to_gguf.py").is_file():
        missing.append(
            f"llama.cpp's converter in {Settings().llama_cpp_dir}: run infra/fetch_llama_cpp.py "
            "or set MCP_FORGE_LLAMA_CPP_DIR"
        )
    missing += missing_server()
    if quantization not in DIRECT and _quantizer() is None:
        missing.append(
            f"a quantiser for {quantization}: llama-quantize on PATH or in "
            "MCP_FORGE_LLAMA_CPP_DIR, or the package cyllama: pip install -e '.[quantize]'"
        )
    return missing


def unknown_to_converter(architecture: str) -> list[str]:
    """What the converter lacks for transformers' class ``architecture``; empty when it knows it.

    Its sources are read, not run: it takes seconds to start. Where there is none,
    ``missing_for`` says so.
    """
    tree = Settings().llama_cpp_dir
    sources = [tree / "convert_hf_to_gguf.py", *sorted((tree / "conversion").glob("*.py"))]
    texts = [file.read_text(encoding="utf-8") for file in sources if file.is_file()]
    if not texts or any(f'"{architecture}"' in text for text in texts):
        return []
    return [f"a llama.cpp whose converter knows {architecture}; the one in {tree} does not"]


def missing_server() -> list[str]:
    """What this machine lacks to serve a GGUF file; a named ``llama-server`` is really started."""
    program = Settings().llama_server
    if not program:
        is_there = importlib.util.find_spec("xllamacpp") is not None
        remedy = "the package xllamacpp: pip install -c constraints.txt -e '.[serve]'"
        return [] if is_there else [remedy]
    fault = _fault_of(program)
    return [f"a llama-server as MCP_FORGE_LLAMA_SERVER names it: {fault}"] if fault else []


def _fault_of(program: str) -> str:
    if shutil.which(program) is None:
        return f"{program} is no program here"
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=_VERSION_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program} --version: {error}"
    words = (answer.stderr or answer.stdout).strip().splitlines()[-1:]
    return f"{program} --version failed: {' '.join(words)}" if answer.returncode else ""


def unknown_to_server(architecture: str) -> list[str]:
    """What the server lacks for llama.cpp's ``architecture``; empty when it knows it.

    It is asked to load a file that names the architecture and holds nothing else, and says within
    a fifth of a second whether the name or the rest is what it misses.
    """
    if missing_server():
        return []  # missing_for says so
    from gguf import GGUFWriter

    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / f"{architecture}.gguf"
        writer = GGUFWriter(file, architecture)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        try:
            with served(file, context=64):
                return []
        except ExportFailed as error:
            if "unknown model architecture" not in str(error):
                return []
            return [f"a llama.cpp that can load the architecture {architecture}: {error}"]


Progress = Callable[[int], object]


def _untold(_: int) -> None:
    """Where nobody waits for it."""


class FileFacts(Frozen):
    """What a GGUF file says of itself, for whoever finds it without its bundle."""

    name: str
    licence: str
    base: str
    """Where the base model's weights come from."""
    tags: tuple[str, ...]


def convert(
    folder: Path,
    target: Path,
    quantization: Quantization,
    facts: FileFacts | None = None,
    progress: Progress = _untold,
) -> list[str]:
    """Write a Hugging Face model folder as one GGUF file; notes on what was not quantised.

    With ``facts`` a model card is written into the folder, where the converter reads them.
    ``progress`` is told how many percent of the file are written.

    Raises:
        MachineTooSmall: the converter or a quantiser is missing.
        ExportFailed: the converter refuses the model; the message has its last words.
    """
    missing = missing_for(quantization)
    if missing:
        raise MachineTooSmall(f"cannot write {quantization}: needed {'; '.join(missing)}")
    if facts is not None:
        _write_facts(folder, facts)
    if quantization in DIRECT:
        _run_converter(folder, target, quantization, progress)
        return []
    draft = target.with_suffix(".f16.gguf")
    try:
        _run_converter(folder, draft, "f16", progress)
        return _quantize(draft, target, quantization)
    finally:
        draft.unlink(missing_ok=True)


def _write_facts(folder: Path, facts: FileFacts) -> None:
    """The licence and tags are taken from a model card only, the rest from a file of its own.

    Where nothing says ``finetune``, the converter takes the folder's name, which holds this machine
    and process: two exports of one model would differ.
    """
    tags = {"tags": list(facts.tags)} if facts.tags else {}
    card = {"license": facts.licence.lower(), **tags}
    (folder / "README.md").write_text(f"---\n{json.dumps(card)}\n---\n", encoding="utf-8")
    rest = {
        "general.name": facts.name,
        "general.finetune": facts.name,
        "general.base_models": [{"name": facts.base}],
    }
    (folder / _FACTS).write_text(json.dumps(rest), encoding="utf-8")


def slots(at_once: int = 1) -> int:
    """How many requests a server of ours answers at once: ``at_once`` with the package, on the CPU.

    With one its answers are the same in any order, and take the time that one user waits.
    """
    settings = Settings()
    return settings.llama_slots if settings.llama_server else at_once


@contextmanager
def served(model: Path, context: int, at_once: int = 1) -> Iterator[str]:
    """Serve a GGUF file on the loopback interface: the server's URL, ended with the block.

    ``context`` is in tokens, of each of its ``slots``; ``at_once`` as there.

    Raises:
        ExportFailed: llama.cpp cannot load the file.
    """
    command = [sys.executable, "-P", str(_BESIDE / "llama_server.py"), str(model)]
    command += ["--context", str(context), "--threads", str(usable_cores())]
    command += ["--slots", str(slots(at_once)), "--program", Settings().llama_server]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=_LITTLE_SPINNING | os.environ,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield _address(process.stdout, model, log)
        finally:
            process.stdin.close()
            process.stdout.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(output: Iterable[str], model: Path, log: IO[str]) -> str:
    for line in output:
        if line.startswith("http"):
            return line.strip()
    log.seek(0)
    words = log.read().strip().splitlines()
    # llama.cpp marks errors with an E behind the time; the first is the cause.
    cause = [line.split(" E ", 1)[1] for line in words if " E " in line] or words[-1:]
    raise ExportFailed(f"llama.cpp cannot load {model.name}: {' '.join(cause[:1]).strip()}")


def _run_converter(folder: Path, target: Path, outtype: str, progress: Progress) -> None:
    tree = Settings().llama_cpp_dir
    command = [sys.executable, str(tree / "convert_hf_to_gguf.py"), str(folder)]
    command += ["--outfile", str(target), "--outtype", outtype]
    if (folder / _FACTS).is_file():
        command += ["--metadata", str(folder / _FACTS)]
    last = ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            match = _PROGRESS.search(line)
            if match:
                progress(int(match[1]))
            last = line.strip() or last
    if process.returncode or not target.is_file():
        raise ExportFailed(f"llama.cpp's converter refuses the model: {last}")


def _quantizer() -> list[str] | None:
    """The command that quantises, before its three arguments; None where there is none."""
    program = shutil.which("llama-quantize", path=str(Settings().llama_cpp_dir))
    program = program or shutil.which("llama-quantize")
    if program:
        return [program]
    if importlib.util.find_spec("cyllama"):
        return [sys.executable, "-P", str(_BESIDE / "llama_quantizer.py")]
    return None


def _quantize(source: Path, target: Path, quantization: Quantization) -> list[str]:
    quantizer = _quantizer()
    assert quantizer is not None
    command = [*quantizer, str(source), str(target), quantization]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    words = (result.stdout + result.stderr).strip().splitlines()
    if result.returncode or not target.is_file():
        raise ExportFailed(f"quantising to {quantization} failed: {' '.join(words[-1:])}")
    fallbacks = sum("fallback quantization" in line for line in words)
    # K-quants work on blocks of 256 values; a narrower tensor gets another type.
    return [f"{fallbacks} tensors have another type than {quantization}"] if fallbacks else []
