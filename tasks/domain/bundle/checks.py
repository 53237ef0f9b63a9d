"""What a bundle must be before anything of it is believed, and what its check repeats.

A bundle may come from anywhere: every text of it is data, read within bounds.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, Field, RootModel, ValidationError

from profiles import Server, ToolsInPrompt, explain
from tasks.domain import Frozen
from tasks.domain.bundle.files import CHECKSUMS
from tasks.domain.conversations import SYSTEM_PROMPT, Message
from tasks.domain.errors import BundleInvalid
from tasks.domain.products import (
    Calibration,
    LoopCase,
    ToolDocuments,
    ToolPrompt,
    ToolResult,
    Toolset,
)
from tasks.domain.prompting.showing import Showing
from tasks.domain.prompting.trimming import STEPS, trimmed
from tasks.domain.toolcalls import ToolCall, faults, parse, render, tool_names
from tasks.domain.toollists import MOST_TOOLS, functions
from tasks.domain.untrusted.decoding import from_json, from_yaml
from tasks.domain.untrusted.printable import excerpt, on_one_line

AGENT, SERVER, TOOLS, VALIDATION = (
    "agent.yaml",
    "server.json",
    "tools.json",
    "tests/validation.json",
)
RETRIEVER = "retriever.json"
"""There where tools are chosen for each request."""
CONFIDENCE = "confidence.json"
"""How the probabilities of an answer say whether it is right; not there in older bundles."""
MODEL_SUFFIX = ".gguf"
REQUIRED = (AGENT, SERVER, TOOLS, VALIDATION)
OPTIONAL = (RETRIEVER, CONFIDENCE)
_MOST_SHOWN = 300
"""Characters of an error's text."""
_Section = TypeVar("_Section", bound=BaseModel)


class NamedFunction(BaseModel):
    """What a tool of the OpenAI form must say of its function at the least."""

    name: str


class _Listed(BaseModel):
    function: NamedFunction


class _ToolList(RootModel[list[_Listed]]):
    pass


class ModelFile(BaseModel):
    """The GGUF file that agent.yaml names."""

    name: str = Field(pattern=rf"\{MODEL_SUFFIX}$")
    quantization: str = ""


class Origin(BaseModel):
    """The base that agent.yaml names."""

    origin: str = ""


class Agent(Frozen):
    """What agent.yaml says that a program needs; the rest of it is for people."""

    name: str = "model"
    model: str = ""
    """The base, by its name in profiles/models."""
    base: Origin = Origin()
    file: ModelFile
    toolset_fingerprint: str
    stop: tuple[str, ...]
    system_prompt: str = SYSTEM_PROMPT
    max_result_chars: int = Field(default=600, ge=40)
    max_answer_tokens: int = Field(default=256, ge=16, le=16_384)
    """Older bundles have no such line."""
    max_seq_length: int = Field(ge=1, le=131_072)
    """The context that a server makes room for grows with it."""
    tools_in_prompt: ToolsInPrompt = "all"
    tools_selected: int = Field(default=0, ge=0, le=MOST_TOOLS)
    tool_trims: int = Field(default=0, ge=0, le=len(STEPS))

    @property
    def prompt(self) -> ToolPrompt:
        """How the tools stand in its prompts."""
        return ToolPrompt(
            mode=self.tools_in_prompt, selected=self.tools_selected, trims=self.tool_trims
        )


class Proof(Frozen):
    """What of the validation's report is used: the rest may be that of another release."""

    cases: tuple[LoopCase, ...]


class OpenedBundle(Frozen):
    """A bundle whose files are those of its sums, its texts decoded; nothing of it was started."""

    path: str
    files: int
    agent: Agent
    server: Server
    tools: list[dict[str, Any]]
    report: Proof
    retriever: ToolDocuments | None = None
    calibration: Calibration | None = None

    def tools_for(self, messages: Sequence[Message]) -> Sequence[dict[str, Any]]:
        """The tools to send with a conversation: as the model was trained."""
        return Showing(self.agent.prompt, self.tools, self.retriever).for_request(messages)


class VerifiedBundle(Frozen):
    """What was tried: the prompt, the call that the model made, what the server answered."""

    files: int
    prompt: str
    call: ToolCall
    result: ToolResult

    @property
    def text(self) -> str:
        """What a person reads."""
        where = "a stand-in" if self.result.simulated else "the server"
        return (
            f"{self.files} files unaltered\nasked   {on_one_line(self.prompt)}\n"
            f"called  {on_one_line(render(self.call).splitlines()[1])}\n"
            f"{where} answered  {excerpt(self.result.text)}"
        )


def check_listing(files: Collection[str], sums: Mapping[str, str]) -> None:
    """Make sure that every file has its sum and every sum its file, and that none is lacking.

    ``files``: the names of all files, those of the sums left out.

    Raises:
        BundleInvalid: there is one too many or too few.
    """
    if missing := sorted(sums.keys() - set(files)):
        raise BundleInvalid(f"{missing[0]} is missing")
    if extra := sorted(set(files) - sums.keys()):
        raise BundleInvalid(f"{extra[0]!r} has no line in {CHECKSUMS}; needed one for every file")
    if lacking := [name for name in REQUIRED if name not in sums]:
        raise BundleInvalid(f"{lacking[0]} has no line in {CHECKSUMS}; needed one")


def check_sum(name: str, actual: str, expected: str) -> None:
    """Make sure that a file's sha256 is the one that was written down; BundleInvalid else."""
    if actual != expected:
        raise BundleInvalid(f"{name} was altered: sha256 {actual[:12]}…, needed {expected[:12]}…")


def opened(path: str, sums: Mapping[str, str], texts: Mapping[str, str]) -> OpenedBundle:
    """The decoded texts of a bundle whose sums were checked; ``texts`` has those of ``REQUIRED``
    and what is there of ``OPTIONAL``.

    A tool list of the bundle's own gets the path that it has there.

    Raises:
        BundleInvalid: a text is not what it should be, or names a file that has no sum.
    """
    agent = _section(Agent, AGENT, _decoded(AGENT, texts, from_yaml))
    server = _section(Server, SERVER, _decoded(SERVER, texts))
    for place, name in ((AGENT, agent.file.name), (SERVER, server.tools_file)):
        if name and name not in sums:
            raise BundleInvalid(f"{place}: names the file {name!r}, needed one of the bundle's")
    if server.tools_file:
        server = server.model_copy(update={"tools_file": f"{path}/{server.tools_file}"})
    tools = _decoded(TOOLS, texts)
    _section(_ToolList, TOOLS, tools)
    return OpenedBundle(
        path=path,
        files=len(sums),
        agent=agent,
        server=server,
        tools=tools,
        report=_section(Proof, VALIDATION, _decoded(VALIDATION, texts)),
        retriever=_optional(ToolDocuments, RETRIEVER, texts),
        calibration=_optional(Calibration, CONFIDENCE, texts),
    )


def check_tools(toolset: Toolset, bundle: OpenedBundle) -> None:
    """Make sure that a server has the tools that the model learned; BundleInvalid else."""
    toolset = trimmed(toolset, bundle.agent.tool_trims)
    current = json.loads(json.dumps(functions(toolset)))
    tools = bundle.tools
    both = (*current, *tools)
    changed_tools = set(tool_names([one for one in both if one not in current or one not in tools]))
    if changed_tools or toolset.fingerprint != bundle.agent.toolset_fingerprint:
        here, learned = set(tool_names(current)), set(tool_names(tools))
        if not here & learned:
            raise BundleInvalid(
                f"{toolset.server} has none of the bundle's tools "
                f"({on_one_line(', '.join(sorted(learned)))}); needed the server that it is for"
            )
        names = {
            "missing": learned - here,
            "new": here - learned,
            "changed": changed_tools & here & learned,
        }
        summary = "; ".join(
            f"{what}: {', '.join(sorted(each))}" for what, each in names.items() if each
        )
        raise BundleInvalid(
            f"the tools of {toolset.server} are no longer those of the bundle "
            f"({on_one_line(summary or 'changed: titles or keywords')}); forge it again"
        )


def repeatable(report: Proof) -> LoopCase:
    """A prompt that the model got right when it was validated; of a real call, if there is one.

    Raises:
        BundleInvalid: there is none.
    """
    calling = [c for c in report.cases if c.tool and len(parse(c.first_answer).calls) == 1]
    right = [case for case in calling if case.completed and case.scenario != "error"]
    if not right:
        raise BundleInvalid("its validation has no completed call to repeat")
    return next((case for case in right if not case.simulated), right[0])


def repeated(answer: str, case: LoopCase, tools: list[dict[str, Any]]) -> ToolCall:
    """The one call of the tool that a case called; BundleInvalid where the model says else."""
    calls = parse(answer).calls
    if len(calls) != 1 or calls[0].name != case.tool or faults(calls[0], tools):
        raise BundleInvalid(
            f"asked {case.prompt!r} it said {answer!r}; needed a call of {case.tool}"
        )
    return calls[0]


def verified(
    bundle: OpenedBundle, case: LoopCase, call: ToolCall, result: ToolResult
) -> VerifiedBundle:
    """What was found; BundleInvalid where the call failed."""
    if result.is_error:
        raise BundleInvalid(f"the call {render(call)!r} failed: {on_one_line(result.text)}")
    return VerifiedBundle(files=bundle.files, prompt=case.prompt, call=call, result=result)


def _decoded(name: str, texts: Mapping[str, str], decode: Callable[[str], Any] = from_json) -> Any:
    try:
        return decode(texts[name])
    except ValueError as error:
        raise BundleInvalid(f"{name} cannot be read: {str(error)[:_MOST_SHOWN]}") from error


def _section(schema: type[_Section], name: str, value: Any) -> _Section:
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        raise BundleInvalid(f"{name}: {explain(error)[:_MOST_SHOWN]}") from error


def _optional(schema: type[_Section], name: str, texts: Mapping[str, str]) -> _Section | None:
    return _section(schema, name, _decoded(name, texts)) if name in texts else None
