"""Tools that an operator says only read may be called, though they do not say so themselves."""

import pytest

from profiles import Server
from tasks.domain.errors import UnusableData
from tasks.domain.writing.usable_tools import with_read_only
from tests.fakes.toolsets import VERSIONS, server


def test_a_tool_that_the_operator_names_counts_as_reading() -> None:
    marked = with_read_only(VERSIONS, server(read_only=("git_add",)))
    assert marked.tool("git_add").read_only
    assert not marked.tool("git_create_branch").read_only
    assert marked.tool("git_log").read_only
    assert marked.fingerprint == VERSIONS.fingerprint


def test_a_tool_that_is_not_in_the_list_is_named() -> None:
    with pytest.raises(UnusableData, match=r"read_only names 'git_push', the server has"):
        with_read_only(VERSIONS, server(read_only=("git_push",)))


def test_tools_that_are_not_included_may_be_named() -> None:
    chosen = server(read_only=("git_push",), include_tools=("git_log",))
    assert with_read_only(VERSIONS, chosen) == VERSIONS


def test_tools_that_seem_to_read_are_named_unless_the_operator_has_said_which_do() -> None:
    unmarked = VERSIONS.model_copy(
        update={
            "tools": tuple(t.model_copy(update={"read_only": False}) for t in VERSIONS.tools),
            "notes": (),
        }
    )
    (note,) = with_read_only(unmarked, server()).notes
    assert '"git_log"' in note
    assert "git_add" not in note
    assert with_read_only(unmarked, server(read_only=("git_log",))).notes == ()
    assert with_read_only(unmarked, Server(name="listed", tools_file="tools.json")).notes == ()
