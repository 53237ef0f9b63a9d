"""The environment: what differs from machine to machine, never from run to run."""

import sys
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from variables with the prefix ``MCP_FORGE_``."""

    model_config = SettingsConfigDict(env_prefix="MCP_FORGE_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=lambda: Path.cwd() / ".mcp-forge")
    """Where everything of a local installation lies: storage, Prefect's database, workspaces."""
    storage: str = ""
    """Where runs keep their files: a folder or any fsspec URI; empty means ``<home>/storage``."""
    dist: Path = Path("dist")
    """Where bundles are put that get no folder of their own."""
    profiles: Path | None = None
    """A folder of your own with training/, models/, servers/ and phrasebooks/, read beside the
    shipped ones."""
    notification_block: str = ""
    """'type/name' of the Prefect block that is told of failed gates and validations."""
    llama_cpp_dir: Path = Path(sys.prefix) / "share" / "mcp-forge" / "llama.cpp"
    """A llama.cpp tree with ``convert_hf_to_gguf.py``; ``make install`` puts one there."""
    llama_server: str = ""
    """A ``llama-server`` program, such as one with CUDA; empty: the package xllamacpp (CPU)."""
    llama_slots: int = Field(default=4, ge=1)
    """How many requests that program answers at once; each slot has a context of its own in the
    GPU's memory. The package answers one at a time."""
    allow_ad_hoc_servers: bool = False
    """Whether a flow parameter may be a command or a URL instead of a registered server."""
    strict_tools: bool = False
    """Whether a tool that cannot be used stops a run; else it is left out with a note."""

    commit: str = ""
    """The commit that an image was built from; in a checkout git says it."""
    placement: Literal["in-process", "pools"] = "in-process"
    """Where a flow runs its heavy stages: in its own process, or as runs on the pool ``gpu``."""
    pool_type: str = "process"
    """The type of the pool ``gpu`` that ``make deploy`` makes: process, docker, kubernetes."""
    cpu_pool_type: str = "process"
    """The type of the pool ``cpu``."""
    job_templates: Path | None = None
    """A folder with ``<pool>-base-job-template.json`` for these pools; else the type's default."""
    gpu_slots: int = Field(default=1, ge=1)
    """How many runs the pool ``gpu`` takes at once: as many as there are GPUs."""
    code: str = ""
    """Where workers find the flows: the folder that was deployed from (empty), a folder that is in
    their image (``/opt/mcp-forge``), or a repository (``https://…`` and ``#branch``)."""

    @property
    def storage_uri(self) -> str:
        """The storage's root."""
        return self.storage or str(self.home / "storage")
