"""Bundles as anybody may send them: opened with nothing but plain data in them, or refused."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from tasks.domain.bundle.checks import CONFIDENCE, RETRIEVER, repeatable
from tasks.domain.bundle.files import CHECKSUMS
from tasks.domain.bundle.trust import demands
from tasks.domain.conversations import opening
from tasks.domain.errors import BundleInvalid
from tasks.domain.prompting.retriever import documents_of
from tasks.domain.toollists import functions
from tasks.external.bundle_folder import open_bundle
from tests.fakes.bundles import CALIBRATION, FILES, seal, write_bundle
from tests.fakes.toolsets import VERSIONS
from tests.fuzz.mutation import ODD_TEXTS, altered, scrambled
from tests.fuzz.refusals import one_line

TEXTS = (*FILES[:4], CONFIDENCE, RETRIEVER)
KEYS = st.sampled_from(
    [
        *("file", "name", "stop", "max_seq_length", "tools_in_prompt", "tools_selected", "cases"),
        *("command", "url", "env", "headers", "workspace", "files", "tools_file", "folder"),
        *("function", "parameters", "prompt", "first_answer", "tool", "completed", "slope"),
    ]
)
PIECES = (
    *("../x", "/etc/passwd", "model.gguf", "server.json", "${HOME}", "&a [*a]", "!!python/name:os"),
    *("0" * 64, "  ", "*", "\\", "\r\n", "~", "NaN", "1e999", "{}", "[]", "null"),
)


@cache
def _whole() -> dict[str, str]:
    """The texts of a bundle as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = write_bundle(Path(folder, "bundle"))
        whole = {name: (bundle / name).read_text(encoding="utf-8") for name in FILES}
    documents = documents_of(functions(VERSIONS)).model_dump_json()
    return {**whole, CONFIDENCE: CALIBRATION.model_dump_json(), RETRIEVER: documents}


def _other(name: str) -> st.SearchStrategy[tuple[str, str]]:
    """One of its texts with parts replaced, or broken."""
    text = st.builds(lambda: _whole()[name])
    parts = altered(st.builds(lambda: json.loads(_whole()[name])), keys=KEYS)
    as_yaml = parts.map(lambda value: yaml.safe_dump(value, allow_unicode=True))
    kinds = parts.map(json.dumps) | scrambled(text, (*PIECES, *ODD_TEXTS[:8]))
    return st.tuples(st.just(name), kinds | as_yaml if name == "agent.yaml" else kinds)


CHANGED_TEXTS = st.sampled_from(TEXTS).flatmap(_other)
CHANGED_SUMS = st.tuples(st.just(CHECKSUMS), st.sampled_from(PIECES))
BUNDLES = CHANGED_TEXTS | CHANGED_TEXTS | CHANGED_TEXTS | CHANGED_SUMS


def check(change: tuple[str, str]) -> str:
    """Write the bundle with the change, its sums right, and open it."""
    name, text = change
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bundle")
        (path / "tests").mkdir(parents=True)
        texts = _whole() if name == CHECKSUMS else {**_whole(), name: text}
        for each, content in texts.items():
            (path / each).write_text(content, encoding="utf-8", errors="replace")
        seal(path, *texts)
        if name == CHECKSUMS:
            sums = (path / CHECKSUMS).read_text(encoding="utf-8")
            (path / CHECKSUMS).write_text(sums.replace("agent.yaml", text, 1), encoding="utf-8")
        try:
            bundle = open_bundle(path)
        except BundleInvalid as refusal:
            return one_line(refusal, f"{name}: refused", str(path))
    assert name != CHECKSUMS
    return f"{name}: {_use(bundle)}"


def _use(bundle: Any) -> str:
    """What is done with one before anybody has said that it may be started."""
    assert "\n" not in demands(bundle.server).text
    try:
        case = repeatable(bundle.report)
    except BundleInvalid as refusal:
        return one_line(refusal, "refused")
    bundle.tools_for(opening(case.prompt, "You are kind."))
    return "opened"
