"""Does a bundle still work? Hashes, the server's tools, and one real tool call."""

import json
from pathlib import Path
from typing import Any

import yaml
from prefect import task
from pydantic import BaseModel, ConfigDict, ValidationError

from profiles import Server, explain
from tasks.domain.bundle_files import CHECKSUMS, parse_checksums
from tasks.domain.conversations import SYSTEM_PROMPT, Message
from tasks.domain.errors import BundleInvalid
from tasks.domain.products import LoopCase, ToolResult, Toolset, ValidationReport
from tasks.domain.schemas import functions
from tasks.domain.sizes import context_for
from tasks.domain.toolcalls import ToolCall, faults, parse, render
from tasks.external.servers import read_toolset_of, trying
from tasks.external.storage import digest
from tasks.external.student import student

_MOST_TOKENS = 256
_SEED = 3407


class VerifiedBundle(BaseModel):
    """What was tried: the prompt, the call that the model made, what the server answered."""

    model_config = ConfigDict(frozen=True)

    files: int
    prompt: str
    call: ToolCall
    result: ToolResult

    @property
    def text(self) -> str:
        """What a person reads."""
        where = "a stand-in" if self.result.simulated else "the server"
        return (
            f"{self.files} files unaltered\nasked   {self.prompt}\n"
            f"called  {render(self.call).splitlines()[1]}\n"
            f"{where} answered  {self.result.text[:300]}"
        )


@task
def verify_bundle(folder: str) -> VerifiedBundle:
    """Check a bundle's files against their sums, its tools against the server, and call a tool.

    Raises:
        BundleInvalid: a file is missing or altered, the server's tools have changed, or the model
            does not call the tool that it called when it was validated.
        ServerFailed: the server cannot be started.
    """
    path = Path(folder)
    names = _check_files(path)
    agent = yaml.safe_load((path / "agent.yaml").read_text(encoding="utf-8"))
    server = reached_from(path)
    try:
        report = ValidationReport.model_validate_json(
            (path / "tests" / "validation.json").read_bytes()
        )
    except ValidationError as error:
        raise BundleInvalid(f"{path}: {explain(error)}") from error
    toolset = read_toolset_of(server)
    tools = json.loads((path / "tools.json").read_text(encoding="utf-8"))
    _check_tools(toolset, tools, agent["toolset_fingerprint"])
    case = _case(report, path)
    call = _call(path, agent, case, tools)
    with trying(server, toolset, _SEED) as execute:
        result = execute(call)
    if result.is_error:
        raise BundleInvalid(f"the call {render(call)!r} failed: {result.text}")
    return VerifiedBundle(files=len(names), prompt=case.prompt, call=call, result=result)


def reached_from(path: Path) -> Server:
    """The server of a bundle; its tool list, where it has no server, lies in the bundle.

    Raises:
        BundleInvalid: server.json is not a server's.
    """
    try:
        server = Server.model_validate_json((path / "server.json").read_bytes())
    except ValidationError as error:
        raise BundleInvalid(f"{path}: server.json: {explain(error)}") from error
    own = {"tools_file": str(path / server.tools_file)} if server.tools_file else {}
    return server.model_copy(update=own)


def _check_files(path: Path) -> list[str]:
    if not (path / CHECKSUMS).is_file():
        raise BundleInvalid(f"{path}: no {CHECKSUMS}; needed the folder of a bundle")
    sums = parse_checksums((path / CHECKSUMS).read_text(encoding="utf-8"))
    for name, wanted in sums.items():
        if not (path / name).is_file():
            raise BundleInvalid(f"{path}: {name} is missing")
        found, _ = digest(path / name)
        if found != wanted:
            raise BundleInvalid(
                f"{path}: {name} was altered: sha256 {found[:12]}…, needed {wanted[:12]}…"
            )
    return sorted(sums)


def _check_tools(toolset: Toolset, tools: list[dict[str, Any]], fingerprint: str) -> None:
    current = json.loads(json.dumps(functions(toolset)))
    changed = {
        f["function"]["name"] for f in (*current, *tools) if f not in current or f not in tools
    }
    if changed or toolset.fingerprint != fingerprint:
        raise BundleInvalid(
            f"the tools of {toolset.server} are no longer those of the bundle "
            f"(changed: {', '.join(sorted(changed)) or 'titles or keywords'}); forge it again"
        )


def _case(report: ValidationReport, path: Path) -> LoopCase:
    """A prompt that the model got right when it was validated; of a real call, if there is one."""
    calling = [c for c in report.cases if c.tool and len(parse(c.said).calls) == 1]
    right = [case for case in calling if case.completed and case.scenario != "error"]
    if not right:
        raise BundleInvalid(f"{path}: its validation has no completed call to repeat")
    return next((case for case in right if not case.simulated), right[0])


def _call(
    path: Path, agent: dict[str, Any], case: LoopCase, tools: list[dict[str, Any]]
) -> ToolCall:
    talk = (
        Message(role="system", content=SYSTEM_PROMPT),
        Message(role="user", content=case.prompt),
    )
    gguf, context = path / agent["file"]["name"], context_for(agent["max_seq_length"])
    with student(gguf, agent["stop"], _MOST_TOKENS, context) as model:
        said = model.answer(talk, tools).text
    calls = parse(said).calls
    if len(calls) != 1 or calls[0].name != case.tool or faults(calls[0], tools):
        raise BundleInvalid(f"asked {case.prompt!r} it said {said!r}; needed a call of {case.tool}")
    return calls[0]
