"""The commands of ``mcp-forge`` for a bundle that is there: check it, talk to it, serve it."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field
from pydantic_settings import CliPositionalArg

from flows.in_prefect import in_prefect
from flows.terminal import Consent, lines, note, say, show
from tasks.domain.bundle.dialogue import Step
from tasks.domain.bundle.serving_defaults import MinConfidence
from tasks.domain.conversations import Message
from tasks.domain.errors import ForgeError, RequestRefused
from tasks.domain.reports import BREADTH_HEADER, breadth_rows, columns, pairs_text
from tasks.domain.untrusted.printable import whole_characters

if TYPE_CHECKING:
    from tasks.use_bundle import Agent

_OWN = "a server of your own, instead of the bundle's"
_TRUST = "start its server though it is not registered"
_REMEMBER = "keep the whole conversation; else only what the model asks back about, as in training"
_BASE = "a GGUF file of its base; without one it is exported here, or taken from an earlier run"
_GRAMMAR = (
    "keep calls to the schemas of the tools, by llama.cpp's constrained decoding; the default "
    "where prompts list no tools"
)
_SURE = (
    "hold a call back below this probability of being right: 0 to 1, auto, off, or bundle, which "
    "is auto where prompts list no tools"
)
_YES = "make calls that may change something without asking"


class _OnBundle(BaseModel):
    """What every command takes that starts a bundle's server."""

    folder: CliPositionalArg[str] = Field(description="the bundle")
    server: str = Field("", description=_OWN)
    trust: bool = Field(False, description=_TRUST)


class VerifyBundle(_OnBundle):
    """Check a bundle: its files, the server's tools, one real tool call."""

    def cli_cmd(self) -> None:
        """Verify without a Prefect server: nothing of it is worth keeping."""
        from tasks.verify_bundle import verify_bundle

        say(verify_bundle(self.folder, self.server, Consent(self.trust).trusts).text)


class Chat(_OnBundle):
    """Talk to a bundle's model; its calls are made on the server."""

    ask: str = Field("", description="one question, instead of a conversation")
    json_: bool = Field(False, alias="json", description="the answer to --ask as JSON, with calls")
    remember: bool = Field(False, description=_REMEMBER)
    grammar: bool | None = Field(None, description=_GRAMMAR)
    yes: bool = Field(False, description=_YES)
    min_confidence: MinConfidence = Field("bundle", description=_SURE)

    def cli_cmd(self) -> None:
        """Ask the one question, or all that are typed until Ctrl-D."""
        from tasks.use_bundle import use_bundle

        if self.json_ and not self.ask:
            raise ForgeError("--json needs --ask with a question, found none")
        use = self._answer_one if self.ask else self._converse
        try:
            use_bundle(
                self.folder,
                self.server,
                self._consent.trusts,
                use,
                self.min_confidence,
                self.grammar,
            )
        except KeyboardInterrupt:
            note("")

    def _answer_one(self, agent: "Agent") -> None:
        _warn(agent)
        show_step = _nothing if self.json_ else show
        reply, _ = agent.reply(
            (*agent.opening, _user_turn(self.ask)), self._consent.allows, show_step
        )
        say(reply.model_dump_json(indent=2) if self.json_ else reply.answer)

    def _converse(self, agent: "Agent") -> None:
        _warn(agent)
        tools = ", ".join(tool.name for tool in agent.toolset.tools)
        note(f"{agent.name} can call {tools}. Ctrl-D ends it.")
        talk = agent.opening
        for line in lines("> "):
            try:
                reply, conversation = agent.reply(
                    (*talk, _user_turn(line)), self._consent.allows, show
                )
            except RequestRefused as error:
                note(str(error))
                continue
            talk = conversation if self.remember or reply.asks_back else agent.opening
            say(reply.answer)

    @property
    def _consent(self) -> Consent:
        return Consent(self.trust, self.yes)


class Serve(_OnBundle):
    """Serve a bundle's model to clients of OpenAI's API at 127.0.0.1."""

    port: int = Field(8080, ge=0, le=65_535, description="its port; 0 takes a free one")
    execute: bool = Field(False, description="make the calls here, on the server, and answer")
    grammar: bool | None = Field(None, description=_GRAMMAR)
    yes: bool = Field(False, description=f"with --execute: {_YES}")
    min_confidence: MinConfidence = Field("bundle", description=_SURE)

    def cli_cmd(self) -> None:
        """Serve until Ctrl-C; without --execute a client makes the calls, no server is started."""
        from tasks.serve_bundle import listen, serve_agent, serve_bundle
        from tasks.use_bundle import use_bundle

        if not self.execute:
            if self.server or self.trust or self.yes:
                raise ForgeError("--server, --trust and --yes: nothing is called without --execute")
            serve_bundle(self.folder, self.port, note, self.min_confidence, self.grammar)
            return
        consent = Consent(self.trust, self.yes)
        with listen(self.port) as listener:
            use_bundle(
                self.folder,
                self.server,
                consent.trusts,
                lambda agent: serve_agent(agent, listener, consent.allows_unattended, note),
                self.min_confidence,
                self.grammar,
            )


class Breadth(BaseModel):
    """Measure what a bundle's model lost: other people's functions, beside its base."""

    folder: CliPositionalArg[str] = Field(description="the bundle")
    base: str = Field("", description=_BASE)
    per_category: int = Field(25, ge=1, description="questions of each category of BFCL")
    seed: int = Field(3407, ge=0, description="which questions")
    json_: bool = Field(False, alias="json", description="as JSON")

    def cli_cmd(self) -> None:
        """Ask both the same questions, and show the rates side by side."""
        from tasks.ask_breadth import gguf_model, request_of

        bundle = request_of(self.folder, self.per_category, self.seed)
        if self.base:
            base = gguf_model(f"{bundle.base.name}-base", Path(self.base), bundle.quantization)
            report = in_prefect("flows.stages:breadth_beside", bundle=bundle, base=base)
        else:
            report = in_prefect("flows.stages:breadth", bundle=bundle)
        if self.json_:
            say(report.model_dump_json(indent=2))
            return
        say(f"{report.source}, seed {report.seed}; 95 % intervals in brackets\n")
        say(f"{columns([BREADTH_HEADER, *breadth_rows(report)])}\n")
        say(f"{pairs_text(report.overall.compared)}.")


def _warn(agent: "Agent") -> None:
    if agent.speaker.warning:
        note(agent.speaker.warning)


def _user_turn(question: str) -> Message:
    return Message(role="user", content=whole_characters(question))


def _nothing(_: Step) -> None:
    """What a program reads has the calls in it."""
