"""Write a bundle's folder: the model's file, its texts, its proofs and their sums."""

import importlib.metadata
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from profiles import Recipe, Server
from profiles.mcp_config import config_of
from profiles.settings import Settings
from tasks.domain.bundle.checks import (
    AGENT,
    CONFIDENCE,
    RETRIEVER,
    SERVER,
    TOOLS,
    VALIDATION,
)
from tasks.domain.bundle.files import (
    CHECKSUMS,
    Ingredients,
    agent_yaml,
    bundle_name,
    checksums,
    readme,
)
from tasks.domain.bundle.modelfile import modelfile
from tasks.domain.bundle.scores import BENCHMARK
from tasks.domain.errors import BundleInvalid
from tasks.domain.products import BaseModelFolder, Evaluation, Toolset
from tasks.domain.prompting.trimming import trimmed
from tasks.domain.toollists import functions
from tasks.external.storage import Storage, digest

_PACKAGES = (
    "mcp-forge",
    "prefect",
    "torch",
    "transformers",
    "trl",
    "peft",
    "unsloth",
    "xllamacpp",
    "mcp",
)


TOOL_LIST = "toolset.json"
"""The tools with their whole schemas, where no server can be asked for them."""


def write_bundle(
    folder: Path,
    evaluation: Evaluation,
    base: BaseModelFolder,
    toolset: Toolset,
    recipe: Recipe,
    place: Callable[[Path, Path], object] = shutil.copyfile,
) -> None:
    """Write a bundle into a folder that is not there yet; ``place`` puts the model's file there."""
    prompt = evaluation.validation.prompt
    parts = Ingredients(
        base=base,
        profile=prompt.settled(recipe.profile),
        toolset=trimmed(toolset, prompt.trims),
        evaluation=evaluation,
        stop=recipe.model.stop,
        thinks=recipe.model.thinks,
        packages=_versions(),
    )
    (folder / "tests").mkdir(parents=True)
    place(Storage().fetch(evaluation.gguf.files), folder / parts.gguf_name)
    _write(folder, parts, recipe, toolset)


def lock_of(name: str) -> FileLock:
    """What a run holds while it decides on a bundle and puts it in its place; others wait."""
    return FileLock(Storage().folder("locks") / f"{name}.lock", is_singleton=True)


def put_bundle(source: Path, target: Path) -> None:
    """Copy a bundle beside its place and move it there whole; a bundle there is replaced."""
    with drafted(target) as draft:
        shutil.copytree(source, draft)


@contextmanager
def drafted(target: Path) -> Iterator[Path]:
    """A folder to write a bundle into; it takes its place when it is whole."""
    draft = target.with_name(f".{target.name}.draft")
    with lock_of(target.name):
        shutil.rmtree(draft, ignore_errors=True)
        yield draft
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)


def _versions() -> dict[str, str]:
    """Of the packages here; a worker that only packs need not have those that train."""
    versions = {}
    for name in _PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions


def place_for(server: str, model: str, output: str) -> Path:
    """Where a bundle is put: a bundle replaces a bundle, nothing else is ever removed.

    Who may start a run but no program here names a folder below that of bundles.

    Raises:
        BundleInvalid: something else is there, or it is outside.
    """
    settings = Settings()
    is_free = settings.allow_ad_hoc_servers
    named = Path(output) if is_free else settings.dist / output
    target = (named if output else settings.dist / bundle_name(server, model)).absolute()
    if not is_free and not _is_below(target, settings.dist):
        raise BundleInvalid(
            f"{target}: outside {settings.dist.absolute()} (MCP_FORGE_DIST), where bundles are put"
        )
    is_empty = target.is_dir() and not any(target.iterdir())
    if target.exists() and not is_empty and not (target / CHECKSUMS).is_file():
        raise BundleInvalid(f"{target}: holds no bundle; needed a new folder, or one to replace")
    return target


def _is_below(target: Path, folder: Path) -> bool:
    return folder.resolve() in target.resolve().parents


def _spec(server: Server) -> dict[str, str]:
    """How the server is reached, for us and as MCP clients keep it; a tool list is our own."""
    own = {"tools_file": TOOL_LIST} if server.tools_file else {}
    reached = server.model_copy(update=own)
    left_out = {"test_prompts", "prompts"}  # a file that is no part of the bundle
    ours = reached.model_dump_json(indent=2, exclude_defaults=True, exclude=left_out) + "\n"
    if server.tools_file:
        return {SERVER: ours}
    clients = json.dumps(config_of(server.name, server.model_dump()), indent=2, ensure_ascii=False)
    # A client has no workspace of ours: the person puts a folder of his own there.
    clients = clients.replace("{workspace}", "/path/to/your/folder")
    return {SERVER: ours, "mcp.json": clients + "\n"}


def _write(folder: Path, parts: Ingredients, recipe: Recipe, whole: Toolset) -> None:
    """Write the texts and the sums; ``whole``: the list as the server has it."""
    documents = parts.evaluation.validation.retriever if parts.prompt.selected else None
    sure, tools = parts.evaluation.benchmark.confidence, functions(parts.toolset)
    texts = {
        TOOLS: json.dumps(tools, indent=2, ensure_ascii=False) + "\n",
        AGENT: agent_yaml(parts),
        "Modelfile": modelfile(
            recipe.model,
            parts.base.turns,
            tools,
            parts.gguf_name,
            parts.context_tokens,
            parts.system_prompt,
            lists=parts.prompt.lists_all,
        ),
        "README.md": readme(parts),
        **_spec(recipe.server),
        **({TOOL_LIST: whole.model_dump_json(indent=2)} if recipe.server.tools_file else {}),
        **({RETRIEVER: documents.model_dump_json(indent=2)} if documents else {}),
        **({CONFIDENCE: sure.calibration.model_dump_json(indent=2) + "\n"} if sure else {}),
        VALIDATION: parts.evaluation.validation.model_dump_json(indent=2) + "\n",
        BENCHMARK: parts.evaluation.benchmark.model_dump_json(indent=2) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    names = sorted([*texts, parts.gguf_name])
    sums = checksums({name: digest(folder / name)[0] for name in names})
    (folder / CHECKSUMS).write_text(sums, encoding="utf-8")
