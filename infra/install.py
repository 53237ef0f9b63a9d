"""Make ``.venv`` with everything: train, serve, test, llama.cpp's converter.

    python3 infra/install.py

Run again it does nothing; run twice at once, the second waits for the first. What an installation
that was broken off has left is mended: an environment without pip is made anew, and packages whose
files are not all there are installed again (pip itself takes them for whole).
"""

import csv
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / ".installed"
PYTHON = VENV / "bin" / "python"
MADE_FROM = (
    "pyproject.toml",
    "constraints.txt",
    "constraints-no-deps.txt",
    "infra/fetch_llama_cpp.py",
)
PACKAGES = (
    ("--upgrade", "pip"),
    ("-c", "constraints.txt", "-e", ".[train,serve,quantize,test]"),
    ("--no-deps", "-r", "constraints-no-deps.txt"),
)
NEEDED_PYTHON = (3, 11)


def main() -> None:
    """Install what is not installed yet."""
    if sys.version_info < NEEDED_PYTHON:
        sys.exit(f"needed Python 3.11 or later, found {sys.version.split()[0]}: make PYTHON=…")
    with alone():
        if is_current():
            return
        if not has_pip():
            make_environment()
        for metadata in list(broken(site_packages())):
            sys.stdout.write(f"{metadata.stem} is not whole: installed again\n")
            shutil.rmtree(metadata)
        for arguments in PACKAGES:
            run(PYTHON, "-m", "pip", "install", "--quiet", *arguments)
        run(PYTHON, "infra/fetch_llama_cpp.py")
        STAMP.touch()


@contextmanager
def alone() -> Iterator[None]:
    """Hold this project's lock; the system lets go of it however this process ends."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stdout.write("another installation is under way: waiting for it\n")
            sys.stdout.flush()
            fcntl.flock(file, fcntl.LOCK_EX)
        os.set_inheritable(file.fileno(), True)  # a pip that outlives us still holds the lock
        yield


def is_current() -> bool:
    """Whether nothing that the environment is made from is newer than it."""
    files = [ROOT / name for name in MADE_FROM]
    return STAMP.exists() and all(file.stat().st_mtime <= STAMP.stat().st_mtime for file in files)


def has_pip() -> bool:
    """Whether there is an environment that can install something."""
    if not PYTHON.is_file():
        return False
    return subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0


def make_environment() -> None:
    """Make an empty environment; one that is there has no pip and is of no use."""
    if VENV.is_symlink():
        sys.exit(f"{VENV} is a link to an environment without pip; needed one of our own")
    shutil.rmtree(VENV, ignore_errors=True)
    run(sys.executable, "-m", "venv", VENV)


def broken(site: Path) -> Iterator[Path]:
    """The metadata of installed packages that lack a file, or have a part of one.

    A wheel's list of files (RECORD) is written last; files that are made here have no size in it.
    """
    for metadata in site.glob("*.dist-info"):
        record = metadata / "RECORD"
        if not record.is_file():
            yield metadata
            continue
        with record.open(encoding="utf-8", newline="") as lines:
            files = [(site / name, int(size)) for name, _, size in csv.reader(lines) if size]
        if not all(file.is_file() and file.stat().st_size == size for file, size in files):
            yield metadata


def site_packages() -> Path:
    """Where the environment's packages lie."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.check_output([PYTHON, "-c", code], text=True).strip())


def run(*command: "str | Path") -> None:
    """Run a step; where it fails, it has said why."""
    if subprocess.run(command, cwd=ROOT, close_fds=False).returncode:
        sys.exit(f"the installation broke off at: {' '.join(map(str, command))}; make it again")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("the installation was broken off; make it again, it goes on from there")
