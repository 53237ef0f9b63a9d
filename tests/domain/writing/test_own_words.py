"""tasks/domain/writing/phrasing/own_words.py: which word of a tool's name is its verb."""

from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.phrasing.own_words import own_words, unknown_verb

TOOLS = tuple(
    Tool(name=name, description=description, input_schema={"type": "object"})
    for name, description in (
        ("start_search", "\n   Start a streaming search."),
        ("start_process", "Start a terminal process."),
        ("interact_with_process", "Send input to a running process."),
        ("force_terminate", "Force terminate a terminal session."),
    )
)
TOOLSET = Toolset(server="desk", tools=TOOLS)


def test_tools_that_start_things_are_not_about_the_start() -> None:
    assert [own_words(tool, TOOLSET) for tool in TOOLS[:2]] == [
        ("start", "search"),
        ("start", "process"),
    ]


def test_a_particle_and_a_second_verb_belong_to_the_verb_before() -> None:
    words = [own_words(tool, TOOLSET) for tool in TOOLS[2:]]
    assert [unknown_verb(each, tool) for each, tool in zip(words, TOOLS[2:], strict=True)] == [
        "interact with",
        "force terminate",
    ]
