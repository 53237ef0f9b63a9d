"""A version's README.md as the Hugging Face hub reads it: the bundle's, with a header of facts."""

import re

import yaml

from tasks.domain.bundle.versions import Version

_OF_HUB = re.compile(r"([\w.-]+/[\w.-]+)@[\w.-]+")
"""An origin on the hub, with its commit."""


def model_card(version: Version, readme: str) -> str:
    """The header that the hub's search reads, then the bundle's own page."""
    facts = {
        "license": version.lineage.base_licence.lower(),
        "tags": ["mcp", "tool-calling", "gguf", "lora", "mcp-forge"],
        "pipeline_tag": "text-generation",
    }
    base = _OF_HUB.fullmatch(version.lineage.base)
    if base:
        facts["base_model"] = base.group(1)
    origin = (
        f"Version {version.id}, made by mcp-forge {version.lineage.code} with the profile "
        f"{version.lineage.profile} and the seed {version.lineage.seed}. The LoRA adapter is in "
        "`adapter/`, what it was trained on is described in `dataset-card.md`.\n"
    )
    return f"---\n{yaml.safe_dump(facts, sort_keys=False)}---\n\n{readme}\n## Version\n\n{origin}"
