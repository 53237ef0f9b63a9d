"""The environment: what differs from machine to machine, never from run to run."""

import sys
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from variables with the prefix ``MCP_FORGE_``."""

    model_config = SettingsConfigDict(env_prefix="MCP_FORGE_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=lambda: Path.cwd() / ".mcp-forge")
    """Where everything of a local installation lies: storage, Prefect's database, workspaces."""
    storage: str = ""
    """Where runs keep their files: a folder or any fsspec URI; empty means ``<home>/storage``."""
    profiles: Path | None = None
    """A folder of your own with training/, models/ and servers/, read beside the shipped ones."""
    notification_block: str = ""
    """«type/name» of the Prefect block that is told of failed gates and validations."""
    llama_cpp_dir: Path = Path(sys.prefix) / "share" / "mcp-forge" / "llama.cpp"
    """A llama.cpp tree with ``convert_hf_to_gguf.py``; ``make install`` puts one there."""
    allow_ad_hoc_servers: bool = False
    """Whether a flow parameter may be a command or a URL instead of a registered server."""

    @property
    def storage_uri(self) -> str:
        """The storage's root."""
        return self.storage or str(self.home / "storage")
