"""What the commands print that only say what is there."""

import subprocess

from flows.command_line import Commands
from flows.listing import completion_script, tools_text
from flows.usage import subcommands
from profiles import models
from tasks.domain.bundle.scores import Scores
from tasks.domain.evaluation.confidence import confidence_report, rate_answers
from tasks.domain.products import Signals, ToolPrompt
from tasks.domain.toolcalls import ToolCall, render
from tests.fakes.bundles import time_tools
from tests.helpers.ingredients import ingredients
from tests.helpers.scored_rows import calling, talking


def completed(*words: str) -> set[str]:
    """What bash offers for the last word."""
    line = " ".join(f"'{word}'" for word in words)
    script = (
        f"{completion_script(subcommands(Commands))}\nCOMP_WORDS=({line})\n"
        f"COMP_CWORD={len(words) - 1}\n_mcp_forge\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_bash_completes_commands_flags_and_names() -> None:
    assert completed("mcp-forge", "ver") == {"verify-bundle", "versions"}
    assert completed("mcp-forge", "--v") == {"--version"}
    assert completed("mcp-forge", "chat", "--") == {
        "--server",
        "--trust",
        "--ask",
        "--grammar",
        "--min-confidence",
        "--json",
        "--remember",
        "--yes",
    }
    assert completed("mcp-forge", "run", "--model", "") == set(models())
    assert completed("mcp-forge", "run", "--server", "ti") == {"time"}
    assert completed("mcp-forge", "phrasebook", "") >= {"check", "write", "--estimate"}
    assert completed("mcp-forge", "promote", "--") == {"--reason"}


def test_a_tool_is_shown_with_its_parameters() -> None:
    assert tools_text(time_tools()).splitlines()[2:] == [
        "convert_time(source_timezone*, time*, target_timezone*)",
        "  Convert time between timezones",
    ]


def test_scores_are_shown_with_what_they_count() -> None:
    report = ingredients().evaluation.benchmark
    lines = Scores.model_validate(report.model_dump()).text.splitlines()
    assert lines[0].split() == ["tuned", "base"]
    assert lines[2].endswith("exact match, values included       9 of 10     0 of 10")
    hand_written = report.model_dump() | {
        "hand_written": report.tuned.model_dump(),
        "hand_written_base": report.base.model_dump(),
    }
    assert "hand-written prompts" in Scores.model_validate(hand_written).text


def test_scores_of_a_model_that_sees_no_list_say_what_it_is_served_with() -> None:
    call = render(ToolCall(name="get_forecast", arguments={"city": "Rome"}))
    sure, unsure = (Signals(is_call=True, decision=decision) for decision in (-0.01, -3.0))
    given = [(calling(), call, sure), (talking(), call, unsure)] * 10
    rated = rate_answers(*map(list, zip(*given, strict=True)))
    report = ingredients().evaluation.benchmark.model_copy(
        update={"confidence": confidence_report(rated)}
    )
    assert "as served" not in Scores.model_validate(report.model_dump()).text
    by_heart = report.model_copy(update={"prompt": ToolPrompt(mode="none")})
    lines = Scores.model_validate(by_heart.model_dump()).text.splitlines()
    assert [" ".join(line.split()) for line in lines[-2:]] == [
        "exact match, as served 10 of 10",
        "abstention, as served 10 of 10",
    ]
