"""What a run leaves."""

from tasks.domain.products.base import Product


class Bundle(Product):
    """A folder that runs in llama.cpp and Ollama, with its proofs."""

    path: str
    sha256: str
    server: str
    model: str
    profile: str
    toolset_fingerprint: str
    version: str = ""
    """Which version it is; empty where it was packed by hand."""
    promoted: bool = True
    """Whether this version is the champion."""
    reason: str = ""
    """Why it is, or why it is not."""
