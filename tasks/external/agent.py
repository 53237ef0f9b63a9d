"""The loop of an agent: the model speaks, its calls are executed, it speaks again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from profiles import Server
from tasks.domain.bundle.checks import OpenedBundle
from tasks.domain.bundle.dialogue import Reply, Step, Usage
from tasks.domain.bundle.serving_defaults import MinConfidence, is_constrained, least_confidence
from tasks.domain.conversations import Message
from tasks.domain.errors import RequestRefused
from tasks.domain.evaluation.evaluation_set import after_calls
from tasks.domain.products import Tool, ToolResult, Toolset
from tasks.domain.products.confidence import UNSURE
from tasks.domain.prompting.results import result_text
from tasks.domain.toolcalls import ParsedAnswer, ToolCall, faults, parse
from tasks.domain.training.sizes import context_for
from tasks.domain.untrusted.printable import on_one_line
from tasks.external.constraint import Constraint
from tasks.external.servers import Execute, executing_all, result_of
from tasks.external.student import Completion, Student, student

Allow = Callable[[Tool, ToolCall], bool]
"""Whether a person wants this call made."""
Show = Callable[[Step], None]

_MOST_ROUNDS = 5
"""Of calls in one answer: a small model may repeat itself."""
_NO_END = f"There was no answer after {_MOST_ROUNDS} rounds of calls."
_NO_ROOM = "The results of these calls are longer than the model's context."
_NO_CALL = "This cannot be answered without a call."
_NOT_ALLOWED = "The user did not allow this call."
_HELD_BACK = "Held back: the model is not sure enough of this call."
_SEED = 3407


@dataclass(frozen=True)
class Answer:
    """What the model says next, and how sure it is that this is right."""

    completion: Completion
    confidence: float | None
    is_held_back: bool

    @property
    def parsed(self) -> ParsedAnswer:
        """What the user gets: instead of calls that are held back, words that say so."""
        return ParsedAnswer(text=UNSURE) if self.is_held_back else parse(self.completion.text)

    @property
    def is_cut(self) -> bool:
        """Whether the token limit ended what the user gets."""
        return self.completion.cut and not self.is_held_back


@dataclass(frozen=True)
class Speaker:
    """A bundle's model, served."""

    bundle: OpenedBundle
    model: Student
    least_confidence: float = 0.0
    """Calls that are less likely to be right are held back."""
    constraint: Constraint | None = None
    """What keeps its calls to the schemas of the tools."""

    def says(
        self, talk: Sequence[Message], tools: list[dict[str, object]] | None = None
    ) -> Completion:
        """What the model says next, with tools as in training unless told otherwise.

        Without any it makes no call, also where it knows its tools by heart.
        """
        listed = self.bundle.tools_for(talk) if tools is None else tools
        may_call = tools is None or bool(tools)
        raw = self.model.answer(talk, listed, may_call=may_call)
        if not may_call and (turn := parse(raw.text)).calls:
            return raw.model_copy(update={"text": turn.text or _NO_CALL})
        if self.constraint is None:
            return raw
        functions = self.bundle.tools if tools is None else tools
        text = self.constraint.applied(talk, listed, functions, raw.text)
        # Its signals stay: how sure the model was before a schema left it less to choose from.
        return raw.model_copy(update={"text": text})

    @property
    def warning(self) -> str:
        """Which tools the constraint does not hold; empty where it holds all, or there is none."""
        free = self.constraint.free_tools(self.bundle.tools) if self.constraint else ()
        names = on_one_line(", ".join(free))
        return f"llama.cpp cannot express the schema of {names}: any arguments there" * bool(free)

    def answer(
        self, talk: Sequence[Message], tools: list[dict[str, object]] | None = None
    ) -> Answer:
        """What the model says next, with how sure it is where that was measured on such prompts.

        Held-out rows are first answers to a user, with the tools of training.
        """
        completion = self.says(talk, tools)
        calibration, signals = self.bundle.calibration, completion.signals
        is_as_measured = talk[-1].role == "user" and (
            tools is None or tools == list(self.bundle.tools_for(talk))
        )
        if calibration is None or signals is None or not is_as_measured:
            return Answer(completion, None, is_held_back=False)
        return Answer(
            completion,
            round(calibration.confidence(signals), 4),
            calibration.holds_back(signals, self.least_confidence),
        )

    def fitting(self, talk: Sequence[Message]) -> tuple[Message, ...]:
        """The conversation without its oldest exchanges, where the context is too small for all."""
        agent = self.bundle.agent
        room = context_for(agent.max_seq_length) - agent.max_answer_tokens
        begins = [place for place, message in enumerate(talk) if message.role == "user"]
        for begin in begins[:-1]:
            rest = (talk[0], *talk[begin:])
            if len(self.model.prompt_tokens(rest, self.bundle.tools_for(rest))) <= room:
                return rest
        return (talk[0], *talk[begins[-1] :])


@dataclass(frozen=True)
class Agent:
    """A bundle's model, served, with its server at hand."""

    speaker: Speaker
    toolset: Toolset
    execute: Execute

    @property
    def name(self) -> str:
        """What the bundle is called."""
        return self.speaker.bundle.agent.name

    @property
    def opening(self) -> tuple[Message, ...]:
        """What a conversation begins with: the system turn that was trained."""
        return (Message(role="system", content=self.speaker.bundle.agent.system_prompt),)

    def reply(
        self, talk: Sequence[Message], allow: Allow, show: Show
    ) -> tuple[Reply, tuple[Message, ...]]:
        """Answer the user's last words; the conversation as it then stands comes with it.

        Every call is shown when its result is there. Calls that were made are in the reply, also
        where their results leave no room for an answer.

        Raises:
            RequestRefused: the user's words alone are longer than the context.
        """
        messages = tuple(talk)
        steps: list[Step] = []
        answers: list[Answer] = []
        words = _NO_END
        for _ in range(_MOST_ROUNDS):
            messages = self.speaker.fitting(messages)
            try:
                answers.append(self.speaker.answer(messages))
            except RequestRefused:
                if not steps:
                    raise
                words = _NO_ROOM
                break
            steps += self._held_back(answers[-1], show)
            turn = answers[-1].parsed
            if not turn.calls:
                words = turn.text or "\n".join(turn.malformed)
                break
            new_steps = [self._step(call, allow, show) for call in turn.calls]
            steps += new_steps
            messages = after_calls(
                messages, turn.text, turn.calls, [one.result for one in new_steps]
            )
        ended = (*messages, Message.assistant(words))
        reply = Reply(
            question=talk[-1].content,
            calls=tuple(steps),
            answer=words,
            confidence=answers[0].confidence,
            is_held_back=answers[0].is_held_back,
            is_cut=answers[-1].is_cut,
            usage=Usage(
                prompt_tokens=sum(one.completion.prompt_tokens for one in answers),
                completion_tokens=sum(one.completion.answer_tokens for one in answers),
            ),
        )
        return reply, ended

    @staticmethod
    def _held_back(answer: Answer, show: Show) -> list[Step]:
        """The calls of an answer that the model is not sure enough of, as steps."""
        calls = parse(answer.completion.text).calls if answer.is_held_back else ()
        steps = [
            Step(name=call.name, arguments=call.arguments, result=_HELD_BACK, executed=False)
            for call in calls
        ]
        for step in steps:
            show(step)
        return steps

    def _step(self, call: ToolCall, allow: Allow, show: Show) -> Step:
        agent, unfit = self.speaker.bundle.agent, faults(call, self.speaker.bundle.tools)
        executed = not unfit and allow(self.toolset.tool(call.name), call)
        if executed:
            result, _ = result_of(self.execute, call)
        else:
            result = ToolResult(text="; ".join(unfit) or _NOT_ALLOWED, is_error=True)
        step = Step(
            name=call.name,
            arguments=call.arguments,
            result=result_text(result, agent.max_result_chars),
            is_error=result.is_error,
            executed=executed,
            simulated=result.simulated,
        )
        show(step)
        return step


@contextmanager
def speaking(
    bundle: OpenedBundle, min_confidence: MinConfidence = "off", *, grammar: bool | None = False
) -> Iterator[Speaker]:
    """Serve a bundle's model; with ``grammar`` its calls are kept to the schemas of the tools.

    ``grammar``: None where the bundle decides.

    Raises:
        BundleInvalid: a least confidence is wanted of a bundle that says nothing of it.
        ExportFailed: llama.cpp cannot load the file.
    """
    agent, least = bundle.agent, least_confidence(min_confidence, bundle)
    gguf, context = Path(bundle.path, agent.file.name), context_for(agent.max_seq_length)
    with student(gguf, agent.stop, agent.max_answer_tokens, context) as model:
        constraint = Constraint(model) if is_constrained(grammar, bundle) else None
        yield Speaker(bundle, model, least, constraint)


@contextmanager
def acting(
    bundle: OpenedBundle,
    server: Server,
    toolset: Toolset,
    min_confidence: MinConfidence = "off",
    *,
    grammar: bool | None = False,
) -> Iterator[Agent]:
    """Serve a bundle's model and start the server that its calls go to.

    Raises:
        BundleInvalid, ExportFailed: as ``speaking``.
        ServerFailed: the server cannot be started.
    """
    with (
        speaking(bundle, min_confidence, grammar=grammar) as speaker,
        executing_all(server, toolset, _SEED) as execute,
    ):
        yield Agent(speaker, toolset, execute)
