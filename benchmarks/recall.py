"""How often a retriever's choice has the expected tool: ``python -m benchmarks.recall``.

Hand-written test prompts of the registered servers whose tool lists are kept for tests; documents
with none, 20 or 60 of the requests that training rows make of each tool. Needs seconds a server and
no model.
"""

import sys
from pathlib import Path

from profiles import Server, load_phrasebooks, load_profile, load_server
from tasks.domain.evaluation.scoring import wilson
from tasks.domain.products import Toolset
from tasks.domain.prompting.retriever import Retriever, documents_of, requests_by_tool
from tasks.domain.toollists import functions
from tasks.domain.writing.book.choice import choose_book
from tasks.domain.writing.rows import WrittenRows, write_rows
from tasks.domain.writing.simulation import simulate
from tasks.external.tool_files import read_toolset

TOOLLISTS = Path(__file__).parent.parent / "tests" / "fakes" / "toollists"
ROWS = {"samples": 1500, "heldout_calls": 60, "heldout_no_tool": 10}
LEAST_TOOLS = 9
REQUESTS = (0, 20, 60)
SELECTED = (5, 8)


def main() -> None:
    """Print the recall of each server, and of all prompts with a 95 % Wilson interval."""
    totals: dict[tuple[int, int], list[bool]] = {}
    for file in sorted(TOOLLISTS.glob("*.json")):
        server = load_server(file.stem).model_copy(update={"workspace": None})
        toolset = read_toolset(file, server.include_tools)
        if len(toolset.tools) < LEAST_TOOLS:
            continue
        rows = rows_of(toolset, server)
        for selected in SELECTED:
            for most in REQUESTS:
                hits = hits_of(toolset, server, rows, selected, most)
                totals.setdefault((selected, most), []).extend(hits)
                say(f"{server.name}, {len(toolset.tools)} tools", selected, most, hits)
    for (selected, most), hits in totals.items():
        say("all", selected, most, hits)


def rows_of(toolset: Toolset, server: Server) -> WrittenRows:
    """Rows as the cpu profile writes them, all results simulated."""
    data = load_profile("cpu").data.model_copy(update=ROWS)
    book = choose_book(toolset, server, load_phrasebooks(server), ()).book
    return write_rows(
        toolset, server, data, lambda call: simulate(toolset.tool(call.name), call, 1), tuple, book
    )


def hits_of(
    toolset: Toolset, server: Server, rows: WrittenRows, selected: int, most: int
) -> list[bool]:
    """Whether the expected tool is among ``selected``, for each test prompt that calls one."""
    documents = documents_of(functions(toolset), requests_by_tool(rows.train, most))
    retriever = Retriever(documents, selected)
    return [
        prompt.call["name"] in (retriever.choose(prompt.prompt) or ())
        for prompt in server.test_prompts
        if prompt.call
    ]


def say(name: str, selected: int, most: int, hits: list[bool]) -> None:
    """One line."""
    rate = wilson(sum(hits), len(hits))
    sys.stdout.write(
        f"{name}: {selected} selected, {most} requests a tool: {100 * rate.value:.1f} % "
        f"[{100 * rate.low:.1f}, {100 * rate.high:.1f}] n={rate.total}\n"
    )


if __name__ == "__main__":
    main()
