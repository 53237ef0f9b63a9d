"""The texts of a bundle: agent.yaml, README.md and its checksums."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml
from pydantic import Field

from profiles import Profile
from tasks.domain import Frozen
from tasks.domain.conversations import SYSTEM_PROMPT
from tasks.domain.errors import BundleInvalid
from tasks.domain.products import (
    BaseModelFolder,
    Evaluation,
    Rate,
    Score,
    ToolPrompt,
    Toolset,
    Trained,
)
from tasks.domain.prompting.showing import system_prompt
from tasks.domain.reports import (
    METRICS,
    cell,
    general_loss,
    inline,
    percent,
    rate,
    scorecard_markdown,
    table,
)

CHECKSUMS = "SHA256SUMS"
"""The file of a bundle that has the sums of all others."""
_CHECKSUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_MOST_SHOWN = 200
"""Characters of a line of the sums in a message."""


def bundle_name(server: str, model: str) -> str:
    """What a bundle and its model are called: in lower case, in the letters that Ollama allows."""
    return re.sub(r"[^a-z0-9._-]+", "-", f"{server}-{model}".lower()).strip("-._")


class Ingredients(Frozen):
    """What a bundle was made of."""

    base: BaseModelFolder
    profile: Profile
    toolset: Toolset
    evaluation: Evaluation
    stop: tuple[str, ...]
    """The texts that end the model's answer."""
    thinks: bool = False
    """Whether its base thinks before it answers."""
    packages: dict[str, str] = Field(default={})
    """The versions of the packages that did the work."""
    gguf_name: str = "model.gguf"

    @property
    def name(self) -> str:
        """What the model is called in Ollama."""
        return bundle_name(self.toolset.server, self.base.model)

    @property
    def prompt(self) -> ToolPrompt:
        """How the tools stand in prompts."""
        return self.evaluation.validation.prompt

    @property
    def system_prompt(self) -> str:
        """The words of the system turn."""
        return system_prompt(self.prompt, [tool.name for tool in self.toolset.tools])

    @property
    def context_tokens(self) -> int:
        """The context that it is served with: room for a second question beside a trained one."""
        return 2 * self.profile.training.max_seq_length

    @property
    def simulated_tools(self) -> list[str]:
        """The tools whose results were made up from a schema when the loops were run."""
        cases = self.evaluation.validation.cases
        return sorted({case.tool for case in cases if case.simulated and case.tool})


def agent_yaml(parts: Ingredients) -> str:
    """Where the model comes from, how it is used and how good it was measured."""
    benchmark, validation = parts.evaluation.benchmark, parts.evaluation.validation
    facts = {
        "name": parts.name,
        "model": parts.base.model,
        "profile": parts.profile.name,
        "changes": list(parts.profile.changes),
        "base": {
            "origin": parts.base.origin,
            "sha256": parts.base.files.sha256,
            "licence": parts.base.licence,
        },
        "file": {
            "name": parts.gguf_name,
            "sha256": parts.evaluation.gguf.files.sha256,
            "quantization": parts.evaluation.gguf.quantization,
        },
        "server": {"name": parts.toolset.server, "version": parts.toolset.version},
        "toolset_fingerprint": parts.toolset.fingerprint,
        "tools": [tool.name for tool in parts.toolset.tools],
        "simulated_tools": parts.simulated_tools,
        "stop": list(parts.stop),
        "system_prompt": parts.system_prompt,
        "tools_in_prompt": parts.prompt.mode,
        "tools_selected": parts.prompt.selected,
        "tool_trims": parts.prompt.trims,
        "max_result_chars": parts.profile.data.max_result_chars,
        "max_answer_tokens": parts.profile.evaluation.max_answer_tokens,
        "max_seq_length": parts.profile.training.max_seq_length,
        "thresholds": parts.profile.thresholds.model_dump(),
        "metrics": {
            "tuned": _metrics(benchmark.tuned),
            "base": _metrics(benchmark.base),
            "constant_call": _metrics(benchmark.constant_call),
            "never_call": _metrics(benchmark.never_call),
            "loop": _measured(validation.completion),
            "latency_seconds": benchmark.latency.model_dump(),
        },
        "packages": dict(sorted(parts.packages.items())),
    }
    return yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)


def _metrics(score: Score) -> dict[str, Any]:
    return {name: _measured(getattr(score, name)) for name in METRICS}


def _measured(rate: Rate) -> dict[str, Any]:
    return {
        "value": round(rate.value, 4),
        "low": round(rate.low, 4),
        "high": round(rate.high, 4),
        "hits": rate.hits,
        "total": rate.total,
    }


def readme(parts: Ingredients) -> str:
    """What the bundle is, how it is run, how good it is, and what that does not say."""
    report, loops = parts.evaluation.benchmark, parts.evaluation.validation.completion
    server = inline(f"{parts.toolset.server} {parts.toolset.version}".strip())
    return "\n".join(
        [
            f"# {parts.name}\n",
            f"A small model that calls the tools of the MCP server {server}. It is "
            f"{parts.base.model} ({parts.base.origin}), fine-tuned with the profile "
            f"{parts.profile.name} and stored as {parts.gguf_name} "
            f"({parts.evaluation.gguf.quantization}).\n",
            _running(parts),
            "## Tools\n",
            table(
                ["tool", "what it does"],
                [[cell(tool.name), cell(tool.description)] for tool in parts.toolset.tools],
            ),
            scorecard_markdown(report, parts.profile.thresholds),
            *_breadth(parts.evaluation.trained),
            f"Whole loops (call, result, answer) completed: {rate(loops)}; "
            f"needed {percent(parts.profile.thresholds.loop)}.\n",
            "## Limits\n",
            "".join(f"- {inline(limit)}\n" for limit in _limits(parts)),
            f"## Licence\n\nThe base model is under {parts.base.licence}; its terms hold for this "
            f"model too.\n",
        ]
    )


def _breadth(trained: Trained | None) -> list[str]:
    if trained is None:
        return []
    loss = general_loss(trained.adapter.record.general_loss)
    return [f"Loss on general text that has nothing to do with the server: {loss}.\n"]


def _running(parts: Ingredients) -> str:
    return f"""\
## Run it

```sh
mcp-forge chat .     # talk to it; its calls are made on the server
mcp-forge serve .    # an endpoint like OpenAI's, for other programs
```

{_how_to_ask(parts.prompt)}. Cut a tool's result at
{parts.profile.data.max_result_chars} characters, as in training.

llama.cpp (the chat template is inside the file):

```sh
llama-server -m {parts.gguf_name} --jinja -c {parts.context_tokens} --temp 0
```

Ollama (its /api/chat, with any tools in the request: `ollama run` offers none):

```sh
ollama create {parts.name} -f Modelfile
```

mcp.json says how the server is started in the form that MCP clients read.

Check the files: `sha256sum -c SHA256SUMS`.
"""


def _how_to_ask(prompt: ToolPrompt) -> str:
    """What a client sends: as the model was trained."""
    if prompt.mode == "all":
        return (
            f'Send the system prompt "{SYSTEM_PROMPT}" and the whole list in\n'
            "tools.json: the model was trained with both"
        )
    opening = "Send the system prompt in agent.yaml and "
    selection = (
        f"the {prompt.selected} tools of tools.json that fit the request,\nchosen by BM25 over the "
        "texts in retriever.json: so the model was trained"
    )
    if prompt.mode == "selected":
        return f"{opening}{selection}. `mcp-forge chat` and `serve` do so"
    if prompt.mode == "mixed":
        listing = selection if prompt.selected else "the whole list in tools.json"
        return f"{opening}{listing}.\nNo list is needed: the model knows its tools without one too"
    but = " but the names in that prompt" if prompt.mode == "names" else ""
    return (
        f"{opening}no tools: the model knows those of tools.json\nand needs no list{but}. When the "
        "server's tools change, train it anew (`watch` does)"
    )


def _limits(parts: Ingredients) -> list[str]:
    has_pairs = parts.profile.data.multiple_calls_share > 0
    most_calls = "At most two calls for one request are" if has_pairs else "One call at a time is"
    limits = [
        "The held-out prompts come from the generator that wrote the training rows. Other "
        "phrasings and values, but one author: expect less from people's own words.",
        "It knows these tools as they were when it was trained. When the server's tools change "
        f"(fingerprint {parts.toolset.fingerprint[:12]}), forge it again.",
        f"{most_calls} what it was trained for; long plans were not measured.",
        "The figures were measured with llama.cpp; Ollama itself was not run. The Modelfile's "
        "template holds the tools as they were trained, and Go's text/template writes the same "
        "prompt with it as the chat template, so a client's own list is not what the model reads.",
    ]
    if parts.thinks:
        limits.append(
            "Its base thinks before it answers; this model was trained to answer at once, with an "
            "empty thought, and is no reasoning model any more."
        )
    if parts.evaluation.benchmark.hand_written is None:
        limits.append("No prompts written apart from the generator were there for this server.")
    if parts.simulated_tools:
        names = ", ".join(parts.simulated_tools)
        limits.append(f"Results of these tools were simulated, not the server's: {names}.")
    return limits


def checksums(files: Mapping[str, str]) -> str:
    """Sums in the format of sha256sum: name → sha256 becomes one line each, sorted by name.

    Raises:
        BundleInvalid: a name or sum that the format cannot hold.
    """
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files.items()))
    if parse_checksums(lines) != dict(files):
        raise BundleInvalid(f"names or sums that sha256sum cannot hold: {', '.join(sorted(files))}")
    return lines


def parse_checksums(text: str) -> dict[str, str]:
    """Read sums back: name → sha256.

    Raises:
        BundleInvalid: a line that is none, a name twice, or one that leaves the bundle.
    """
    sums: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _CHECKSUM.fullmatch(line)
        if match is None:
            excerpt = line[:_MOST_SHOWN]
            raise BundleInvalid(
                f"line {number} is not a sha256, two spaces and a name: {excerpt!r}"
            )
        sha256, name = match.groups()
        path = PurePosixPath(name)
        is_plain = path.as_posix() == name and name.isprintable()
        if not is_plain or path.is_absolute() or ".." in path.parts or "\\" in name:
            raise BundleInvalid(
                f"line {number}: {name[:_MOST_SHOWN]!r} is not a file inside the bundle"
            )
        if name in sums:
            raise BundleInvalid(f"line {number}: {name[:_MOST_SHOWN]!r} stands there twice")
        sums[name] = sha256
    return sums
