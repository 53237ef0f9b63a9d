"""A teacher writes a phrasebook, and a reader checks it; what was answered is never asked again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from profiles import PhrasebookLimits, Server, TeacherPlan
from tasks.domain.products import Toolset
from tasks.domain.toollists import functions
from tasks.domain.writing.phrasebook import Line, RequestLine
from tasks.domain.writing.teaching.answers import ParsedLines, RejectedLine, lines_of, reject
from tasks.domain.writing.teaching.filling import Example, Filler
from tasks.domain.writing.teaching.questions import (
    Question,
    Style,
    more_requests,
    questions,
)
from tasks.domain.writing.teaching.reading import (
    Reading,
    disagreement,
    reading_key,
    reading_question,
    readings_of,
)
from tasks.domain.writing.teaching.sifting import sift
from tasks.domain.writing.values.maker import makers_of
from tasks.external.kept_answers import keep, read_kept
from tasks.external.teacher import NO_BUDGET, Answer, Over, Teacher

ATTEMPTS = 2
"""Times that a question is asked whose answer has no line that can be used."""
FRUITLESS = "no line that can be used"
NOT_READ = "back-check: no answer"
UNREAD = f"back-check: {NO_BUDGET}"
_MOST_UNREAD = 0.05
"""Share of the lines whose reading may fail: more than that is an outage, and is tried again."""


@dataclass(frozen=True)
class TeacherBook:
    """What a teacher wrote, and what became of the rest."""

    lines: tuple[Line, ...]
    rejections: tuple[RejectedLine, ...]
    unanswered: dict[str, str] = field(default_factory=dict)
    """The questions without an answer, each with the reason."""

    @property
    def is_cut_short(self) -> bool:
        """Whether the budget was spent, or the reader away, before the book was whole."""
        reasons = [line.reason for line in self.rejections]
        is_away = reasons.count(NOT_READ) > _MOST_UNREAD * (len(self.lines) + len(reasons))
        return NO_BUDGET in self.unanswered.values() or UNREAD in reasons or is_away

    def summary(self, model: str) -> str:
        """What was written and what was thrown out, by reason."""
        reasons = Counter(line.reason for line in self.rejections).most_common()
        out = "; ".join(f"{reason}: {count}" for reason, count in reasons)
        open_ended = "; ".join(f"{title}: {why}" for title, why in self.unanswered.items())
        return (
            f"teacher {model}: {len(self.lines)} lines, {len(self.rejections)} thrown out"
            + f" ({out})" * bool(out)
            + f"; without an answer: {open_ended}" * bool(open_ended)
        )


@dataclass
class PhrasebookTeacher:
    """Asks a teacher for one tool list; ``folder`` keeps how requests were read."""

    toolset: Toolset
    server: Server
    plan: TeacherPlan
    limits: PhrasebookLimits
    teacher: Teacher
    folder: Path
    tools_with_lines: frozenset[str]
    """Those of a shipped book, which are not asked about."""
    over_questions: Over
    over_readings: Over

    def __post_init__(self) -> None:
        self._makers = makers_of(self.toolset.tools, self.server)
        self._form = functions(self.toolset)

    def write(self) -> TeacherBook:
        """Write the book and check it; tools with too few lines are asked about once more.

        Raises:
            TeacherFailed: the endpoint refuses or answers nothing at all.
        """
        makers = list(self._makers.values())
        first = questions(makers, self.plan.lines, self._style, self.tools_with_lines)
        collection, unanswered = self._collect(first)
        book = self._checked(collection, unanswered)
        if more := [] if book.is_cut_short else self._more(book):
            added, missing = self._collect(more)
            collection.add(added)
            book = self._checked(collection, unanswered | missing)
        return book

    def _more(self, book: TeacherBook) -> list[Question]:
        """Questions about tools with fewer requests than a book needs."""
        texts: dict[str, list[str]] = {name: [] for name in self._makers}
        for line in book.lines:
            if isinstance(line, RequestLine):
                texts[line.tool].append(line.text)
        return [
            more_requests(self._makers[name], self.plan.lines, self._style, already)
            for name, already in texts.items()
            if len(already) < self.limits.requests and name not in self.tools_with_lines
        ]

    def _checked(self, collection: ParsedLines, unanswered: dict[str, str]) -> TeacherBook:
        """The lines that keep the rules and that a reader understands as they are meant."""
        lines, out = sift(collection.lines, self.toolset, self.server, self._makers, self.limits)
        filler = Filler.of(self._makers, lines)
        named = {number: filler.example(line) for number, line in enumerate(lines)}
        examples = {number: example for number, example in named.items() if example is not None}
        verdicts = self._verdicts(lines, examples)
        accepted_lines = [line for number, line in enumerate(lines) if not verdicts.get(number)]
        misread = [
            reject(line, reason)
            for number, line in enumerate(lines)
            if (reason := verdicts.get(number))
        ]
        return TeacherBook(
            tuple(accepted_lines), (*collection.rejections, *out, *misread), unanswered
        )

    @property
    def _style(self) -> Style:
        return Style(language=self.plan.language, temperature=self.plan.temperature)

    def _collect(self, open_questions: list[Question]) -> tuple[ParsedLines, dict[str, str]]:
        """(the lines of all answers, the questions without an answer and why)."""
        whole = ParsedLines()
        unanswered: dict[str, str] = {}
        for _ in range(ATTEMPTS):
            requests = [question.request for question in open_questions]
            answers = self.teacher.ask(requests, self.over_questions) if requests else []
            fruitless = []
            for question, answer in zip(open_questions, answers, strict=True):
                if not answer.is_paid:
                    unanswered[question.title] = answer.reason
                elif not self._take(question, answer, whole):
                    fruitless.append(question.again())
            open_questions = fruitless
        return whole, unanswered | {question.title: FRUITLESS for question in open_questions}

    def _take(self, question: Question, answer: Answer, whole: ParsedLines) -> bool:
        """Whether an answer has a line; an empty list of dependent calls is an answer too."""
        collection = lines_of(question, answer.content, self._makers)
        whole.add(collection)
        return bool(collection.lines) or not collection.rejections

    def _verdicts(self, lines: Sequence[Line], examples: Mapping[int, Example]) -> dict[int, str]:
        """Why lines do not go into the book, by number; empty where the reader agrees."""
        files = {number: self._file(lines[number], each) for number, each in examples.items()}
        readings = {number: read_kept(file, Reading) for number, file in files.items()}
        # By the hash in their names, so that requests of all tools stand side by side.
        unread = sorted(
            (n for n, reading in readings.items() if reading is None), key=files.__getitem__
        )
        missing = self._read(unread, examples, files)
        readings |= {number: read_kept(files[number], Reading) for number in unread}
        return {
            number: disagreement(examples[number], reading, self._form, self._makers)
            if reading is not None
            else missing[number]
            for number, reading in readings.items()
        }

    def _read(
        self, unread: Sequence[int], examples: Mapping[int, Example], files: Mapping[int, Path]
    ) -> dict[int, str]:
        """Have requests read, and keep each reading; those without one, and why."""
        size = self.plan.lines.readings
        batches = [unread[start : start + size] for start in range(0, len(unread), size)]
        makers = list(self._makers.values())
        prompts = [reading_question([examples[n].text for n in batch], makers) for batch in batches]
        requests = [{**question.request, "model": self._reader} for question in prompts]
        answers = self.teacher.ask(requests, self.over_readings) if requests else []
        missing: dict[int, str] = {}
        for batch, answer in zip(batches, answers, strict=True):
            read = readings_of(answer.content, self._makers)
            missing |= dict.fromkeys(batch, UNREAD if answer.reason == NO_BUDGET else NOT_READ)
            for place, number in enumerate(batch, 1):
                if place in read:
                    keep(files[number], read[place])
        return missing

    @property
    def _reader(self) -> str:
        return self.plan.reader or self.plan.model

    def _file(self, line: Line, example: Example) -> Path:
        reader = f"{self.plan.source} {self._reader}"
        return self.folder / f"{reading_key(line, example, self._makers, reader)}.json"
