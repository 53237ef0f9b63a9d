"""Toolset → Phrasebook: a teacher writes the requests of tools that no shipped book speaks for."""

import os
from collections.abc import Iterable, Iterator
from hashlib import sha256

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from profiles import Server, TeacherPlan, load_phrasebook_limits, load_phrasebooks
from tasks.domain.errors import TeacherFailed
from tasks.domain.products import Toolset
from tasks.domain.writing import phrasebook as books
from tasks.domain.writing.book.choice import choose_book
from tasks.domain.writing.book.fingerprints import with_tools
from tasks.domain.writing.teaching.cost import price_of_teaching
from tasks.domain.writing.teaching.product import Phrasebook
from tasks.domain.writing.teaching.report import book_markdown
from tasks.external.phrasebook_teacher import PhrasebookTeacher, TeacherBook
from tasks.external.storage import Storage
from tasks.external.teacher import Answer, Over, teacher
from tasks.reporting import artifacts, events
from tasks.reporting.stage_progress import StageReporter
from tasks.secret_blocks import read_secret


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def write_phrasebook(
    toolset: Toolset, server: Server, plan: TeacherPlan | None, whole: bool = False
) -> Phrasebook:
    """Have a teacher write requests, and another reading check them.

    Answers and readings are kept one by one, so another run asks only what was not answered, and
    of a list that has changed only what is about the tools that have. Without a plan nothing is
    written, and the note says what it would cost.

    Args:
        toolset: the list.
        server: what its operator knows of it; its test prompts are kept out.
        plan: the teacher.
        whole: all tools are written for, whatever books there are.

    Raises:
        TeacherFailed: no key, the endpoint refuses or answers nothing at all, or the budget is
            spent before the book is whole.
        ExportFailed: llama.cpp cannot load the plan's GGUF file.
    """
    ready_tools = frozenset[str]() if whole else _ready_tools(toolset, server)
    cost = price_of_teaching(toolset, server, plan, ready_tools)
    if cost is None:
        return Phrasebook()
    get_run_logger().info(cost)
    if plan is None:
        return Phrasebook(notes=(cost,))
    storage = Storage()
    with teacher(plan, _key(plan), storage.folder("teacher")) as source:
        author = PhrasebookTeacher(
            toolset=toolset,
            server=server,
            plan=plan,
            limits=load_phrasebook_limits(),
            teacher=source,
            folder=storage.folder("teacher", "readings"),
            tools_with_lines=ready_tools,
            over_questions=_counted("write_phrasebook", plan.model),
            over_readings=_counted("read_phrasebook", plan.reader or plan.model),
        )
        book = author.write()
        costs = (
            f"{sum(source.budget.spent_tokens)} tokens, {source.budget.money:.4f} spent in this run"
        )
    notes = (book.summary(plan.model), costs)
    artifacts.phrasebook(
        book_markdown(book.lines, book.rejections, toolset.server, notes), toolset.server
    )
    if book.is_cut_short:
        raise TeacherFailed(
            f"{plan.place}: {book.summary(plan.model)}; {costs}; needed a larger max_tokens or "
            "max_money, or the same run again, which asks only what is missing"
        )
    return _stored_book(book, toolset, ready_tools, notes, storage)


def _ready_tools(toolset: Toolset, server: Server) -> frozenset[str]:
    """The tools that a shipped book has requests for."""
    book = choose_book(toolset, server, load_phrasebooks(server)).book
    return frozenset(line.tool for line in book.lines if isinstance(line, books.RequestLine))


def _stored_book(
    book: TeacherBook,
    toolset: Toolset,
    ready_tools: frozenset[str],
    notes: tuple[str, ...],
    storage: Storage,
) -> Phrasebook:
    new_tools = tuple(tool for tool in toolset.tools if tool.name not in ready_tools)
    lines = with_tools(book.lines, toolset.model_copy(update={"tools": new_tools}))
    text = books.write_phrasebook(lines)
    # Another run may be reading the book of other tools of this server.
    file = f"{toolset.server}-{sha256(text.encode()).hexdigest()[:16]}.phrasebook.jsonl"
    return Phrasebook(
        file=storage.write_text(text, "phrasebooks", file),
        lines=len(book.lines),
        rejections=len(book.rejections),
        notes=notes,
    )


def _counted(stage: str, model: str) -> Over:
    """Answers are counted, shown and told as events while they come."""

    def over(answers: Iterable[Answer], total: int) -> Iterator[Answer]:
        with StageReporter(stage, model, total) as reporter:
            yield from reporter.over(answers)

    return over


def _key(plan: TeacherPlan) -> str:
    """The key, from where the plan says; it goes nowhere but into the request's header."""
    if plan.key_secret:
        return read_secret(plan.key_secret, f"the key of {plan.place}", TeacherFailed)
    if not plan.key_variable:
        return ""
    if not os.environ.get(plan.key_variable):
        raise TeacherFailed(
            f"{plan.place}: the environment variable {plan.key_variable} is not set; needed the "
            "key of the endpoint in it"
        )
    return os.environ[plan.key_variable]
