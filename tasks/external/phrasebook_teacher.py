"""A teacher writes a phrasebook, and a reader checks it; what was answered is never asked again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from profiles import PhrasebookLimits, Server, TeacherPlan
from tasks.domain.products import Toolset
from tasks.domain.toollists import functions
from tasks.domain.writing.phrasebook import Line
from tasks.domain.writing.teaching.answers import Gathered, ThrownOut, lines_of, thrown_out
from tasks.domain.writing.teaching.filling import Example, Filler
from tasks.domain.writing.teaching.questions import Question, Style, questions
from tasks.domain.writing.teaching.reading import (
    Reading,
    disagreement,
    reading_key,
    reading_question,
    readings_of,
)
from tasks.domain.writing.teaching.sifting import sift
from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.external.kept_answers import keep, read_kept
from tasks.external.teacher import Answer, Over, Teacher

ATTEMPTS = 2
"""Times that a question is asked whose answer has no line that can be used."""
NOT_READ = "back-check: not read"


@dataclass(frozen=True)
class TaughtBook:
    """What a teacher wrote, and what became of the rest."""

    lines: tuple[Line, ...]
    thrown_out: tuple[ThrownOut, ...]
    unanswered: dict[str, str] = field(default_factory=dict)
    """The questions without an answer, each with the reason."""

    @property
    def is_whole(self) -> bool:
        """Whether every question was answered, and every request read."""
        return not self.unanswered and NOT_READ not in {line.reason for line in self.thrown_out}


@dataclass
class PhrasebookTeacher:
    """Asks a teacher for one tool list; ``folder`` keeps how requests were read."""

    toolset: Toolset
    server: Server
    plan: TeacherPlan
    limits: PhrasebookLimits
    asked: Teacher
    folder: Path
    over_questions: Over
    over_readings: Over

    def __post_init__(self) -> None:
        names = frozenset(tool.name for tool in self.toolset.tools)
        self._makers = {
            tool.name: ArgumentMaker(tool, self.server, names=names) for tool in self.toolset.tools
        }
        self._form = functions(self.toolset)

    def write(self) -> TaughtBook:
        """Write the book and check it.

        Raises:
            TeacherFailed: the endpoint refuses or answers nothing at all.
        """
        gathered, unanswered = self._gathered()
        lines, faulty = sift(gathered.lines, self.toolset, self.server, self._makers, self.limits)
        gathered.thrown_out += faulty
        filler = Filler.of(self._makers, lines)
        named = {number: filler.example(line) for number, line in enumerate(lines)}
        examples = {number: example for number, example in named.items() if example is not None}
        readings = self._readings(lines, examples)
        kept: list[Line] = []
        for number, line in enumerate(lines):
            reason = self._verdict(examples.get(number), readings.get(number))
            if reason:
                gathered.thrown_out.append(thrown_out(line, reason))
            else:
                kept.append(line)
        return TaughtBook(tuple(kept), tuple(gathered.thrown_out), unanswered)

    def _gathered(self) -> tuple[Gathered, dict[str, str]]:
        """(the lines of all answers, the questions without an answer and why)."""
        whole = Gathered()
        unanswered: dict[str, str] = {}
        style = Style(language=self.plan.language, temperature=self.plan.temperature)
        open_questions = questions(list(self._makers.values()), self.plan.lines, style)
        for _ in range(ATTEMPTS):
            asked = [question.request for question in open_questions]
            answers = self.asked.ask(asked, self.over_questions) if asked else []
            fruitless = []
            for question, answer in zip(open_questions, answers, strict=True):
                if not answer.is_paid:
                    unanswered[question.title] = answer.reason
                elif not self._take(question, answer, whole):
                    fruitless.append(question.again())
            open_questions = fruitless
        return whole, unanswered

    def _take(self, question: Question, answer: Answer, whole: Gathered) -> bool:
        """Whether an answer has a line; an empty list of dependent calls is an answer too."""
        found = lines_of(question, answer.content, self._makers)
        whole.add(found)
        return bool(found.lines) or not found.thrown_out

    def _readings(
        self, lines: Sequence[Line], examples: Mapping[int, Example]
    ) -> dict[int, Reading]:
        """How the reader understood each line, by number; none is read twice."""
        files = {number: self._file(lines[number], each) for number, each in examples.items()}
        kept = {number: read_kept(file, Reading) for number, file in files.items()}
        unread = sorted(
            (n for n, reading in kept.items() if reading is None), key=lambda n: files[n]
        )
        size = self.plan.lines.readings
        batches = [unread[start : start + size] for start in range(0, len(unread), size)]
        makers = list(self._makers.values())
        asked = [reading_question([examples[n].text for n in batch], makers) for batch in batches]
        requests = [{**question.request, "model": self._reader} for question in asked]
        answers = self.asked.ask(requests, self.over_readings) if requests else []
        for batch, answer in zip(batches, answers, strict=True):
            read = readings_of(answer.content, self._makers)
            for place, number in enumerate(batch, 1):
                if place in read:
                    kept[number] = read[place]
                    keep(files[number], read[place])
        return {number: reading for number, reading in kept.items() if reading is not None}

    @property
    def _reader(self) -> str:
        return self.plan.reader or self.plan.model

    def _file(self, line: Line, example: Example) -> Path:
        reader = f"{self.plan.place} {self._reader}"
        return self.folder / f"{reading_key(line, example, self.toolset, reader)}.json"

    def _verdict(self, example: Example | None, reading: Reading | None) -> str:
        """Why a line does not go into the book; empty when it does."""
        if example is None:
            return ""
        return (
            NOT_READ
            if reading is None
            else disagreement(example, reading, self._form, self._makers)
        )
